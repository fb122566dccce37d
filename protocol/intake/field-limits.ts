import { AMOUNT_MAX, LIMITS, OUTPUT_MIN, PPM, SPEC_BOUNDS } from '../params.ts'
import type { DropCode } from './drop-code.ts'

/** What a field may hold at least and at most; `atMost` where more than the field refuses a largest value. */
export interface Limit<N extends number | bigint = number> {
  readonly min: N
  readonly max: N
  readonly atMost?: DropCode
}

type Limits<N extends number | bigint = number> = Readonly<Record<string, Limit<N>>>

/*
 * The limits of every field on the wire, by the end of its name (`limitOf`). They are said a second time here, next
 * to nothing that the codecs use: a limit that is changed there by mistake no longer agrees with these.
 */

const upTo = (max: number, min = 0): Limit => ({ min, max })
const SAFE = Number.MAX_SAFE_INTEGER
const ANY = upTo(SAFE)
const POSITIVE = upTo(SAFE, 1)
const units = (min = 0n): Limit<bigint> => ({ min, max: AMOUNT_MAX })

/** Whole numbers. Beyond the largest safe one a number is of another type. */
export const INTEGERS: Limits = {
  epoch: ANY,
  'quorum.epoch': { ...ANY, atMost: 'unknown_epoch' },
  // A prepared certificate names its epoch twice, and both must be the same.
  'prepared:quorum.epoch': { ...ANY, atMost: 'out_of_range' },
  'prepared.quorum.epoch': { ...ANY, atMost: 'out_of_range' },
  'prepared.*.certificate.quorum.epoch': { ...ANY, atMost: 'out_of_range' },
  'ballot.epoch': { ...ANY, atMost: 'out_of_range' },
  round: ANY,
  'newview-request:round': POSITIVE,
  'newview:round': POSITIVE,
  'newview.body.round': POSITIVE,
  'newviews.*.body.round': POSITIVE,
  seq: ANY,
  busy: upTo(1_024),
  boot: ANY,
  sentMs: ANY,
  nonce: ANY,
  'spec.trust': ANY,
  trust: ANY,
  'sync-fetch:trust': POSITIVE,
  'sync-fetch:epoch': POSITIVE,
  'announce:trust': POSITIVE,
  number: ANY,
  'value.number': POSITIVE,
  'latency:number': POSITIVE,
  'reports.*.body.number': POSITIVE,
  'order.body.number': POSITIVE,
  'accepts.*.body.number': POSITIVE,
  'epoch-accept:number': POSITIVE,
  'epoch-collect:number': POSITIVE,
  'epoch-report:number': POSITIVE,
  'handover:number': POSITIVE,
  needed: upTo(LIMITS.operators, 1),
  priorTrust: upTo(PPM - 1, 1),
  trustBidders: upTo(LIMITS.bids),
  'accounts.*.from': ANY,
  'jobs.*.from': upTo(LIMITS.steps),
  tokens: ANY,
  index: upTo(0xffff),
  step: upTo(LIMITS.steps),
  slot: upTo(LIMITS.slots - 1),
  winner: upTo(LIMITS.slots - 1),
  cluster: upTo(LIMITS.slots),
  rank: upTo(LIMITS.standbys),
  size: upTo(LIMITS.promptBytes),
  start: upTo(LIMITS.answerBytes),
  end: upTo(LIMITS.answerBytes),
  confidence: upTo(PPM),
  minConfidence: upTo(PPM),
  cosine: upTo(PPM),
  temperatureMilli: upTo(2_000),
  seed: upTo(0xffff_ffff),
  maxTokens: upTo(65_536, 1),
  replicas: upTo(LIMITS.replicas, 1),
  standbys: upTo(LIMITS.standbys),
  attempts: upTo(LIMITS.attempts, 1),
  maxSlots: upTo(LIMITS.slots, 1),
  ...SPEC_BOUNDS,
  etaMs: upTo(3_600_000),
  vramFreeMb: upTo(16_777_216),
  vramTotalMb: upTo(16_777_216),
  loadMilli: upTo(1_000),
  slots: upTo(1_024),
  ms: upTo(60_000),
  afterMs: upTo(LIMITS.busyMs, 1),
  'buckets.*': upTo(LIMITS.buckets - 1),
  bucket: upTo(LIMITS.buckets - 1),
  page: upTo(LIMITS.closingPages - 1),
}

/** Units of credit. */
export const AMOUNTS: Limits<bigint> = {
  price: units(),
  paid: units(),
  refund: units(),
  fee: units(),
  maxPrice: units(),
  free: units(),
  amount: units(OUTPUT_MIN),
  escrow: units(1n),
}

/** Texts that may be anything, by their length in UTF-16 units. */
export const TEXTS: Limits = {
  name: upTo(LIMITS.modelNameBytes, 1),
  model: upTo(LIMITS.modelNameBytes, 1),
  region: upTo(LIMITS.regionBytes),
  'spec.region': upTo(LIMITS.regionBytes, 1),
  memo: upTo(LIMITS.memoBytes),
  version: upTo(32),
  'addresses.*': upTo(LIMITS.addressBytes),
  instance: upTo(128, 1),
  after: upTo(96),
  'operators.*': upTo(LIMITS.labelBytes, 1),
  payer: upTo(LIMITS.labelBytes, 1),
}

const EXACT = upTo(32, 32)
const SIGNATURE = upTo(64, 64)
const DIGESTS = ['job', 'entry', 'prev', 'source', 'digest', 'prompt', 'rules', 'coin', 'modelDigest', 'root']
const MORE_DIGESTS = [
  'retryOf',
  'commitment',
  'salt',
  'seal',
  'value',
  'head',
  'ids.*',
  'missing.*',
  'closes.*',
  'surfaced',
  'before',
  'order',
  'piece',
  'value.handover',
  'epoch-report:list',
  'handover:parts.*',
]

/** Byte strings, by their length. Bodies inside other messages are bounded by the frame. */
export const BYTES: Limits = {
  ...Object.fromEntries([...DIGESTS, ...MORE_DIGESTS, 'buckets.*'].map((name) => [name, EXACT])),
  sig: SIGNATURE,
  'sigs.*': SIGNATURE,
  signers: { ...upTo(LIMITS.witnesses / 8, 1), atMost: 'no_quorum' },
}

/** Lists, by the number of their items. */
export const LISTS: Limits = {
  claims: upTo(LIMITS.claims),
  ops: upTo(LIMITS.operations),
  sigs: { ...upTo(LIMITS.witnesses, 1), atMost: 'no_quorum' },
  evidence: upTo(LIMITS.facts),
  facts: upTo(LIMITS.facts),
  'outcome.ids': upTo(LIMITS.missing, 1),
  'sync-fetch:ids': upTo(LIMITS.missing),
  missing: upTo(LIMITS.missing),
  'announce:entries': upTo(LIMITS.announced),
  'announce:jobs': upTo(LIMITS.announced),
  entries: upTo(LIMITS.forkEntries),
  newviews: upTo(LIMITS.witnesses),
  bids: upTo(LIMITS.bids, 1),
  'refusal:bids': upTo(LIMITS.bids),
  operators: upTo(LIMITS.bids, 1),
  closes: upTo(LIMITS.closes, 1),
  'refusal:closes': upTo(LIMITS.closes),
  cancels: upTo(1),
  reveals: upTo(LIMITS.slots),
  seals: upTo(LIMITS.witnesses, 1),
  'reveal:seals': upTo(LIMITS.witnesses),
  commits: upTo(LIMITS.slots),
  started: upTo(LIMITS.slots),
  slots: upTo(LIMITS.replicas, 1),
  standbys: upTo(LIMITS.standbys),
  receipts: upTo(LIMITS.receipts),
  replicas: upTo(LIMITS.slots),
  findings: upTo(LIMITS.findings),
  reports: upTo(LIMITS.witnesses, 1),
  peers: upTo(LIMITS.reported),
  // One signer's signature over and over is in no order.
  signatures: { ...upTo(LIMITS.witnesses, 1), atMost: 'out_of_range' },
  accepts: upTo(LIMITS.witnesses),
  'handover:parts': upTo(LIMITS.handoverParts),
  witnesses: upTo(LIMITS.witnesses, 1),
  keys: upTo(LIMITS.operators, 1),
  minters: upTo(LIMITS.minters),
  locks: upTo(LIMITS.listed),
  'handover:prepared': upTo(LIMITS.carried),
  nodes: upTo(LIMITS.nodes),
  models: upTo(LIMITS.models),
  modes: upTo(2),
  'offer.modes': upTo(2, 1),
  addresses: upTo(LIMITS.addresses),
  'sync-buckets:buckets': upTo(LIMITS.buckets, LIMITS.buckets),
  'closing-reply:body.buckets': upTo(LIMITS.buckets, LIMITS.buckets),
  'closing-reply:body.leaves': upTo(LIMITS.closingLeaves),
  'sync-leaves-request:buckets': upTo(LIMITS.buckets, 1),
  'sync-leaves:buckets': upTo(LIMITS.buckets),
  accounts: upTo(LIMITS.fetched),
  jobs: upTo(LIMITS.fetched),
  resolved: upTo(LIMITS.fetched),
  'sync-leaves:accounts': upTo(LIMITS.leaves),
  'sync-leaves:jobs': upTo(LIMITS.leaves),
  'sync-leaves:resolved': upTo(LIMITS.leaves),
}

/** Fields that are somebody's id; any other text is refused. */
export const PEERS = new Set(['account', 'signer', 'to', 'peer', 'payout', 'steward', 'treasury', 'witness'])
export const PEER_ITEMS = ['standbys.*', 'witnesses.*', 'keys.*', 'minters.*']
/** Fields of a few known words. */
export const WORDS = new Set([
  'type',
  'state',
  'outcome',
  'code',
  'kind',
  'agreement',
  'reason',
  'comparator',
])
export const MORE_WORDS = ['diversity', 'visibility', 'mode', 'modes.*']
/** Fields that tell a union's variants apart: what none of them is named is out of range, whatever its type. */
export const UNIONS = [
  'ops.*.type',
  'outcome.type',
  'value.type',
  'body.type',
  'leaves.*.type',
  'handover:type',
]
/** Fields that may be null. */
export const NULLABLE = [
  'body.prepared',
  'newview:prepared',
  'promised:value',
  'epoch-order:root',
  'spec.model',
  'spec.region',
  'spec.retryOf',
  'value.cancel',
  'replicas.*.answer',
  'cluster',
  'winner',
  'operators.*',
  'payer',
  'head-reply:entry',
  'sync-leaves:trust',
  'sync-fetch:trust',
  'sync-fetch:epoch',
  'announce:trust',
  'sync-buckets:buckets.*',
  'body.buckets.*',
  'value.before',
  'leaves.*.surfaced',
  'closing-request:bucket',
  'closing-reply:bucket',
]

/** Whether a field, named `kind:path`, is one that `ending` means. */
export function isNamed(name: string, ending: string): boolean {
  return name === ending || name.endsWith(`.${ending}`) || name.endsWith(`:${ending}`)
}

/** The ending that names a field most exactly; undefined where none does. */
export function endingOf(limits: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const endings = Object.keys(limits).filter((ending) => isNamed(name, ending))
  return endings.toSorted((a, b) => b.length - a.length)[0]
}

/** The limit of a field; undefined when nobody said one. */
export function limitOf<L>(limits: Readonly<Record<string, L>>, name: string): L | undefined {
  const ending = endingOf(limits, name)
  return ending === undefined ? undefined : limits[ending]
}
