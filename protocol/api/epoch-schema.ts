import { type Static, Type } from 'typebox'
import { TEXT_CHARACTERS_MAX } from '../encoding/text-form.ts'
import { LIMITS } from '../params.ts'
import { CLOSED } from './endpoint.ts'
import { count, credits, digest, nullable, peerId, share, time } from './fields.ts'

/** A member by its id or by its label, where one member alone has that. */
const NAME_CHARACTERS_MAX = 256
const name = () => Type.String({ minLength: 1, maxLength: NAME_CHARACTERS_MAX })
/** Twice what an epoch may have, so that a set which is too large is refused as that and not as a long list. */
const names = (description: string) =>
  Type.Optional(Type.Array(name(), { maxItems: 2 * LIMITS.witnesses, description }))
const confirmed = Type.Optional(
  Type.Boolean({ default: false, description: 'Changes and warnings were seen: carry it out' }),
)

export const orderRequestSchema = Type.Object(
  {
    add: names('Members that become witnesses, by id or label'),
    remove: names('Witnesses that stop being any, by id or label'),
    operators: names('All operators of the next epoch, by key or label'),
    needed: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000, description: 'Operators that sign' })),
    minters: names('All minters of the next epoch, by key or label'),
    treasury: Type.Optional(name()),
    prior_trust: Type.Optional(share('Trust of a node without a history')),
    min_confidence: Type.Optional(share()),
    fee: Type.Optional(credits()),
    max_price: Type.Optional(credits()),
    trust_bidders: Type.Optional(count('Bidders without whom an agreement earns no trust')),
    adopt_rules: Type.Optional(
      Type.Boolean({ description: "Take the rules of this peer's program for judging answers" }),
    ),
    confirmed,
  },
  CLOSED,
)
export type OrderRequest = Static<typeof orderRequestSchema>

export const signRequestSchema = Type.Object(
  {
    text: Type.String({
      minLength: 1,
      maxLength: TEXT_CHARACTERS_MAX,
      description: 'hlp1..., hlr1... or hle1...',
    }),
    confirmed,
  },
  CLOSED,
)

const signed = (what: string) =>
  Type.Object({ given: count(`Of ${what}`), needed: count('Signatures that it takes') })

export const governanceSchema = Type.Object(
  {
    witnesses: Type.Array(peerId()),
    operators: Type.Object({ keys: Type.Array(peerId()), needed: count() }),
    minters: Type.Array(peerId()),
    treasury: peerId(),
    prior_trust: share(),
    min_confidence: share(),
    fee: credits(),
    max_price: credits(),
    trust_bidders: count(),
    rules: digest('Code and tables by which answers are judged'),
  },
  CLOSED,
)
export type GovernanceResource = Static<typeof governanceSchema>

const named = () => Type.Object({ peer_id: peerId(), label: nullable(Type.String()) })

const about = {
  number: count('The epoch that it begins'),
  changes: Type.Array(Type.String(), { description: 'Against the current epoch, for people' }),
  next: governanceSchema,
  text: nullable(
    Type.String({
      description: 'hle1...: for the next operator; signed by enough, it brings the order again',
    }),
  ),
  signatures: Type.Object({
    operators: signed('operators'),
    witnesses: signed('witnesses, of whom a quorum may order in their place'),
  }),
  missing: Type.Array(named(), { description: 'Who has yet to agree to witness, as far as heard here' }),
}

export const orderSchema = Type.Object(
  {
    kind: Type.Enum(['unconfirmed', 'unchanged', 'partial', 'order'], {
      description:
        'unconfirmed: nothing was signed, see the warnings; unchanged: the epoch is like that already; partial: more ' +
        'must sign the text; order: it is with the witnesses',
    }),
    warnings: Type.Array(Type.String(), { description: 'What it takes away, for people' }),
    ...about,
  },
  CLOSED,
)
export type OrderAnswer = Static<typeof orderSchema>

export const pendingOrderSchema = Type.Object(
  {
    ...about,
    signers: Type.Array(named()),
    stopped: Type.Boolean({ description: 'This witness certifies nothing else until it is decided' }),
  },
  CLOSED,
)
export type PendingOrderResource = Static<typeof pendingOrderSchema>

export const epochQuerySchema = Type.Object(
  {
    number: Type.Optional(
      Type.Integer({ minimum: 0, description: 'A past epoch instead of the current one' }),
    ),
  },
  CLOSED,
)

export const epochSchema = Type.Object(
  {
    number: count(),
    current: count('The newest epoch that this peer knows'),
    governance: governanceSchema,
    count: count('n'),
    faulty: count('f: so many may lie'),
    quorum: count('q: so many certify'),
    spare: count('n - q: so many may stop'),
    self: Type.Object({ peer_id: peerId(), witness: Type.Boolean(), held: Type.Array(peerId()) }),
    witnesses: Type.Array(named()),
    orders: Type.Array(pendingOrderSchema, { description: 'For the epoch after the current one' }),
    stopped_at: nullable(time()),
    reported: Type.Array(named(), { description: 'Whose state this peer has, as the one that proposes' }),
    level: Type.Boolean({
      description: 'Whether this peer has all that the last epoch ended with; it certifies nothing before',
    }),
    sentences: Type.Array(Type.String()),
  },
  CLOSED,
)
export type EpochResource = Static<typeof epochSchema>

export const acceptedSchema = Type.Object(
  {
    kind: Type.Enum(['accepted', 'unchanged'], {
      description: 'unchanged: it witnesses already, and no order names it',
    }),
    number: count('The epoch that it witnesses in'),
    orders: Type.Array(pendingOrderSchema),
  },
  CLOSED,
)
export type AcceptedAnswer = Static<typeof acceptedSchema>
