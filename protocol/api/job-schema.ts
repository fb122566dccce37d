import { type Static, Type } from 'typebox'
import { BLAME_CAUSES, BLAME_LEADS, EVIDENCE_KINDS } from '../jobs/blame-record.ts'
import { JOB_STATUSES, TIMELINE_PHASES } from '../jobs/record.ts'
import { PPM } from '../params.ts'
import { count, credits, digest, nullable, peerId, share, time } from './fields.ts'
import { COMPARATORS, EXECUTION_MODES, VISIBILITIES } from './job-request-schema.ts'

export const AGREEMENTS = ['unanimous', 'majority', 'none', 'split', 'single', 'silent'] as const
const OUTCOMES = ['agreed', 'outvoted', 'unsure', 'silent'] as const
const FINDINGS = ['number', 'negation', 'refusal', 'structure', 'content', 'unrelated', 'empty'] as const
const SLOT_STATES = ['assigned', 'started', 'failed', 'committed', 'revealed'] as const
const RECEIPT_KINDS = ['escrow', 'reward', 'refund', 'fee'] as const

/** A job that waits at its payer's peer is nobody else's business yet. */
export const SHOWN_STATUSES = ['queued', ...JOB_STATUSES] as const

/** Why a submission waits. */
export const WAIT_REASONS = [
  'busy',
  'too_few_nodes',
  'model_unknown',
  'price_too_low',
  'insufficient_credit',
  'account_forked',
  'not_ready',
  'other',
] as const

export const jobStatusSchema = Type.Enum(SHOWN_STATUSES, {
  description:
    'queued: waits here until the swarm has room, and goes by another id until then; pending: being certified; bidding; running; verifying: answers are compared; completed: has an output; ' +
    'unresolved: closed without one; void: refunded in full',
})

const timelineEntrySchema = Type.Object({
  phase: Type.Enum(TIMELINE_PHASES),
  at: time('When this peer learnt of it'),
  peer: nullable(peerId('Who did it')),
  slot: nullable(count('For which slot')),
  evidence: nullable(digest('The signed thing that shows it')),
})

const slotSchema = Type.Object({
  slot: count('Slots are numbered through all attempts'),
  attempt: count('Step of the job that assigned it'),
  node_id: peerId('Who runs it'),
  operator: nullable(Type.String({ description: 'Label of whoever operates the node' })),
  rank: count('0: the node elected for it; i: the i-th standby, which took it over'),
  state: Type.Enum(SLOT_STATES),
  tokens: count('Produced so far'),
})

export const blameSchema = Type.Object(
  {
    slot: nullable(count('Which slot; null for the whole job')),
    node_id: nullable(peerId('Who is to blame')),
    operator: nullable(Type.String()),
    cause: Type.Enum(BLAME_CAUSES, {
      description:
        'noshow: never seen at work; timeout: no commit in time; unrevealed: never showed its answer; fault: two commits; ' +
        'outvoted; unassigned, expired: of the job; cancelled: by the payer',
    }),
    led_to: Type.Enum(BLAME_LEADS),
    step: count('Decision that says so'),
    evidence: Type.Array(
      Type.Object({
        kind: Type.Enum(EVIDENCE_KINDS),
        signer: nullable(peerId('Who signed it')),
        digest: digest('Names it'),
      }),
    ),
  },
  { description: 'Read off the decided values: every peer says the same' },
)
export type BlameEntry = Static<typeof blameSchema>

const spanSchema = Type.Object({ start: count('First UTF-16 unit'), end: count('After the last one') })

const findingSchema = Type.Object(
  { kind: Type.Enum(FINDINGS), own: spanSchema, other: spanSchema },
  { description: 'Why the answer differs from the output: `own` marks the answer, `other` the output' },
)
export type Finding = Static<typeof findingSchema>

export const answerSchema = Type.Object({
  slot: count('The slot it fills'),
  node_id: peerId('Who gave it'),
  operator: nullable(Type.String()),
  answer: nullable(
    Type.String({ description: 'null where the node was silent or this peer may not read it' }),
  ),
  cluster: nullable(count('Answers of one cluster agree; null for a silent node')),
  outcome: Type.Enum(OUTCOMES),
  cosine: share('Likeness to the output'),
  findings: Type.Array(findingSchema),
  price: credits('What the node asked'),
  paid: credits('What it got: 0 when outvoted or silent'),
})
export type Answer = Static<typeof answerSchema>

const receiptSchema = Type.Object(
  {
    account: peerId('Whose'),
    amount: credits('How much'),
    kind: Type.Enum(RECEIPT_KINDS),
    slot: nullable(count('For which slot, of a reward')),
  },
  { description: 'escrow is taken from the payer; it equals rewards, refund and fee once the job is closed' },
)
export type Receipt = Static<typeof receiptSchema>

const common = {
  id: digest('Names the job everywhere'),
  status: jobStatusSchema,
  created_at: time('When this peer first heard of it'),
  closed_at: nullable(time('When it was decided')),
  cancelled_at: nullable(time('When this peer heard that its payer wants no more of it')),
  payer: peerId('The account that pays'),
  model: nullable(Type.String({ description: 'As asked for; null: the one most offered' })),
  replicas: count('As asked for'),
  agreement: nullable(Type.Enum(AGREEMENTS)),
  confidence: nullable(share('That the output is right, rounded to four digits')),
  charged: nullable(credits('Paid by the payer in all: escrow less refund')),
  label: nullable(Type.String({ description: 'Given by the owner of this peer' })),
  priority: count('0 to 9'),
}

const queueSchema = Type.Object({
  position: count('How many go before it'),
  reason: Type.Enum(WAIT_REASONS, { description: 'busy: all nodes are at work' }),
})

/** One job with everything that this peer knows of it. */
export const jobSchema = Type.Object({
  ...common,
  confidence_ppm: nullable(
    Type.Integer({ minimum: 0, maximum: PPM, description: 'As decided, parts per million' }),
  ),
  opened_at: nullable(time('When its payment was certified')),
  queue: nullable(queueSchema),
  retry_of: nullable(digest('The earlier job that this one tries again')),
  continued_as: nullable(
    digest('A job that found no free node waits again under this id, or is the job of this id by now'),
  ),
  batch: nullable(digest('The batch that it is an item of')),
  deadline_at: nullable(time('When this peer cancels it')),
  prompt: nullable(Type.String({ description: 'null where this peer may not read it' })),
  visibility: Type.Enum(VISIBILITIES),
  comparator: Type.Enum(COMPARATORS),
  min_confidence: share('Below it, further nodes are asked'),
  max_price: credits('Highest price of one replica'),
  region: nullable(Type.String()),
  execution_mode: Type.Enum(EXECUTION_MODES),
  params: Type.Object({
    temperature: Type.Number(),
    seed: Type.Integer(),
    max_tokens: Type.Integer(),
  }),
  timeline: Type.Array(timelineEntrySchema),
  bids: count('Bids that this peer holds'),
  slots: Type.Array(slotSchema),
  standbys: Type.Array(peerId('Elected to step in')),
  output: nullable(Type.String({ description: 'The merged answer' })),
  winner: nullable(count('The slot whose answer is the output')),
  answers: Type.Array(answerSchema),
  escrow: credits('Set aside at the start: the most it can cost'),
  refunded: nullable(credits('Given back')),
  fee: credits("The swarm's fee"),
  receipts: Type.Array(receiptSchema),
  blame: Type.Array(blameSchema),
})
export type Job = Static<typeof jobSchema>
export type JobStatusName = Job['status']

/** A job in a list. */
export const jobSummarySchema = Type.Object({
  ...common,
  prompt_preview: nullable(
    Type.String({ description: 'The first 140 characters; null where this peer may not read it' }),
  ),
})
export type JobSummary = Static<typeof jobSummarySchema>
