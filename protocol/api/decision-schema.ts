import { type Static, Type } from 'typebox'
import { BLAME_CAUSES } from '../jobs/blame-record.ts'
import { PPM } from '../params.ts'
import { count, credits, digest, nullable, peerId } from './fields.ts'
import { AGREEMENTS, answerSchema, blameSchema } from './job-schema.ts'

/**
 * What was computed again of a decision: its signatures, the election of its bids, that its evidence carries it, its verdict
 * from the answers, what is paid by that, who is next, and the payer's word or the lack of an end where it names one.
 */
const CHECKS = ['signatures', 'election', 'evidence', 'verdict', 'payments', 'next', 'reason'] as const
export type Check = (typeof CHECKS)[number]

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

const passedSchema = Type.Object({
  node_id: peerId('Who had the slot'),
  operator: nullable(Type.String()),
  rank: count('0: elected for it; i: its i-th standby'),
  cause: nullable(
    Type.Enum(BLAME_CAUSES, { description: 'null: a standby that nobody saw begin, which it need not have' }),
  ),
  seals: count('Seals that show it'),
})
export type Passed = Static<typeof passedSchema>

const takeoverSchema = Type.Object(
  {
    slot: count('Which slot'),
    node_id: peerId('Whose answer fills it'),
    operator: nullable(Type.String()),
    rank: count('Its place in the order of those who may'),
    from: Type.Array(passedSchema, { description: 'Everybody before it in that order' }),
    seals: count('Seals in the decision'),
  },
  { description: 'A slot that a standby filled' },
)
export type Takeover = Static<typeof takeoverSchema>

const stepSchema = Type.Object({
  step: count(),
  outcome: Type.Enum(['assign', 'close', 'again', 'void']),
  quorum: signersSchema,
  verified: Type.Boolean({ description: 'Whether no check failed' }),
  checks: Type.Array(
    Type.Object({
      what: Type.Enum(CHECKS),
      holds: nullable(
        Type.Boolean({
          description: 'null where this peer lacks what it takes, or is asked for too much at once',
        }),
      ),
    }),
  ),
  slots: Type.Array(Type.Object({ slot: count(), node_id: peerId('Who is to run it') }), {
    description: 'What it assigned',
  }),
  takeovers: Type.Array(takeoverSchema, { description: 'In the attempt that it ended' }),
})
export type DecisionStep = Static<typeof stepSchema>

const verdictSchema = Type.Object(
  {
    agreement: Type.Enum(AGREEMENTS),
    winner: nullable(count('The slot whose answer is the output')),
    confidence_ppm: Type.Integer({ minimum: 0, maximum: PPM }),
    answers: Type.Array(Type.Omit(answerSchema, ['answer']), {
      description: 'Without their texts, which not everybody may read',
    }),
    fee: credits("The swarm's fee"),
  },
  { description: 'Of the newest attempt that was judged' },
)

/** Everything that was decided about a job and why, recomputed here and now from what the witnesses signed. */
export const decisionSchema = Type.Object({
  job_id: digest('The job'),
  step: count('Step of the job that elected'),
  bids: Type.Array(scoredBidSchema),
  elected: Type.Array(peerId('By slot')),
  standbys: Type.Array(peerId('In the order they step in')),
  seed: nullable(digest('Of the tie-break; neither payer nor nodes could choose it')),
  quorum: signersSchema,
  verified: Type.Boolean({
    description: 'Whether recomputing gave what the witnesses decided, at every step',
  }),
  steps: Type.Array(stepSchema, { description: 'Everything decided about the job so far' }),
  verdict: nullable(verdictSchema),
  blame: Type.Array(blameSchema),
  charged: nullable(credits('Paid by the payer in all; null while the job goes on')),
  refunded: nullable(credits('Given back to the payer')),
})
export type JobDecision = Static<typeof decisionSchema>
