import { type Static, Type } from 'typebox'
import { LIMITS } from '../params.ts'
import { credits, share } from './fields.ts'

const CLOSED = { additionalProperties: false } as const

/** A day: every job ends long before, by its answers or by its void. */
const DEADLINE_MS_MAX = 86_400_000

export const COMPARATORS = ['auto', 'exact', 'text'] as const
export const EXECUTION_MODES = ['process', 'container'] as const
export const VISIBILITIES = ['private', 'public'] as const

const paramsSchema = Type.Object(
  {
    temperature: Type.Optional(
      Type.Number({ minimum: 0, maximum: 2, default: 0, description: 'Taken to the nearest thousandth' }),
    ),
    seed: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: 'Derived from the job where absent' }),
    ),
    max_tokens: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_536, default: 1_024 })),
  },
  { ...CLOSED, description: 'Sampling parameters handed to the model' },
)

/** A name that the owner gives to some of its jobs. */
export function labelField(description: string) {
  return Type.String({ minLength: 1, maxLength: LIMITS.labelBytes, description })
}

/** What jobs have in common that are submitted together. */
const choices = {
  model: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: LIMITS.modelNameBytes,
      description: 'A model that the swarm offers; where absent, the one most offered',
    }),
  ),
  replicas: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.replicas,
      default: 3,
      description: 'How many nodes answer independently',
    }),
  ),
  comparator: Type.Optional(Type.Enum(COMPARATORS, { default: 'auto' })),
  min_confidence: Type.Optional(share("Ask further nodes below this; the swarm's default where absent")),
  max_price: Type.Optional(credits("Highest price of one replica; the swarm's default where absent")),
  region: Type.Optional(Type.String({ minLength: 1, maxLength: LIMITS.regionBytes })),
  execution_mode: Type.Optional(Type.Enum(EXECUTION_MODES, { default: 'process' })),
  visibility: Type.Optional(
    Type.Enum(VISIBILITIES, {
      default: 'private',
      description:
        'private: elected nodes read the prompt, witnesses and the payer the answers; public: every member of the swarm',
    }),
  ),
  deadline_ms: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: DEADLINE_MS_MAX,
      description: 'This peer cancels the job after so many milliseconds unless it has ended',
    }),
  ),
  priority: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: LIMITS.priority,
      default: 0,
      description: 'Where the swarm is full the most urgent goes first; each 30 s of waiting count as one',
    }),
  ),
  label: Type.Optional(labelField('For this peer alone: what to find the job by')),
  params: Type.Optional(paramsSchema),
}

function promptField() {
  return Type.String({
    minLength: 1,
    description: `The text to answer: not blank, at most ${LIMITS.promptBytes} bytes as UTF-8`,
  })
}

/** What a user sends to have a prompt answered. A field that isn't listed here is refused, never dropped. */
export const jobRequestSchema = Type.Object({ prompt: promptField(), ...choices }, CLOSED)

export const batchRequestSchema = Type.Object(
  { prompts: Type.Array(promptField(), { minItems: 1, maxItems: LIMITS.batchJobs }), ...choices },
  CLOSED,
)
export type BatchRequestBody = Static<typeof batchRequestSchema>
export type JobRequestBody = Static<typeof jobRequestSchema>
