import { type Static, Type } from 'typebox'
import { count, credits, nullable, peerId } from './fields.ts'

const electedSchema = Type.Object({
  node_id: peerId('Who'),
  operator: nullable(Type.String()),
  price: credits('What it asks'),
  ineligible: nullable(Type.String({ description: 'Why it could not be elected' })),
  score: count('The higher, the sooner elected'),
  terms: Type.Record(Type.String(), Type.Integer(), { description: 'Parts per million of the best, each' }),
})

/** What a job would cost, and who would be elected for it, if it were submitted now. */
export const dryRunSchema = Type.Object(
  {
    dry_run: Type.Literal(true),
    escrow: credits('Set aside while the job runs'),
    price_expected: nullable(
      credits('Fee and prices of those who would be elected; null where nobody would'),
    ),
    price_max: credits('The most that it can cost'),
    fee: credits(),
    replicas: count(),
    model: nullable(Type.String()),
    would_elect: Type.Array(electedSchema),
    standbys: Type.Array(electedSchema),
    others: Type.Array(electedSchema),
    tie_break: Type.Literal('drawn', {
      description: 'Equals are told apart by a number that is drawn for each election',
    }),
    queue_position: count('How many submissions would go before it; 0: opened at once'),
  },
  {
    description: 'From the newest heartbeats, by the rule of elections; nothing is submitted, stored or sent',
  },
)
export type DryRunAnswer = Static<typeof dryRunSchema>
