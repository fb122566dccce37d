import { type Static, Type } from 'typebox'
import { count, credits, digest, nullable, peerId } from './fields.ts'

const signersSchema = Type.Object(
  {
    epoch: count('Epoch of the witnesses'),
    round: count('0 where nothing went wrong'),
    signers: Type.Array(peerId()),
  },
  { description: 'The witnesses whose signatures make it final' },
)

const scoredBidSchema = Type.Object({
  node_id: peerId('Who bid'),
  operator: nullable(Type.String()),
  price: credits('What it asked'),
  eligible: Type.Boolean(),
  ineligible_reason: nullable(
    Type.String({ description: 'A code, e.g. model or region; null when eligible' }),
  ),
  score_terms: Type.Record(Type.String(), Type.Integer(), {
    description: 'Each in parts per million of its best; the score is their weighted sum',
  }),
  score: Type.Integer(),
  tie_break: digest('Decides between equal scores, the lower one first'),
})

/** Why these nodes run the job, recomputed here and now from the signed bid list. */
export const decisionSchema = Type.Object({
  job_id: digest('The job'),
  step: count('Step of the job that elected'),
  bids: Type.Array(scoredBidSchema),
  elected: Type.Array(peerId('By slot')),
  standbys: Type.Array(peerId('In the order they step in')),
  seed: digest('Of the tie-break; neither payer nor nodes could choose it'),
  quorum: signersSchema,
  verified: Type.Boolean({ description: 'Whether recomputing gave what the witnesses decided' }),
  steps: Type.Array(
    Type.Object({
      step: count(),
      outcome: Type.Enum(['assign', 'close', 'again', 'void']),
      quorum: signersSchema,
    }),
    { description: 'Everything decided about the job so far' },
  ),
})
export type JobDecision = Static<typeof decisionSchema>
