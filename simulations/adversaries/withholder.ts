import type { KindName } from '../../protocol/encoding/kinds.ts'
import type { Conduct, CreateAdversary, Means } from './adversary.ts'

const WITHHELD: readonly KindName[] = [
  'vote',
  'certify',
  'certify-reply',
  'facts',
  'propose',
  'prepare',
  'prepared',
  'commit',
  'newview-request',
  'promised',
  'decision',
  'beacon',
  'bid',
  'seal',
  'job-commit',
  'reveal',
  'sync-root',
  'sync-leaves',
]
const KINDS_MAX = 6
/** Some are let through: a peer that is merely slow or lossy is harder to tell from a correct one. */
const WITHHELD_PPM = 900_000

/** What a change of epoch waits for, or whoever is behind. */
const WITHHELD_IN_A_CHANGE: readonly KindName[] = [
  'epoch-order',
  'epoch-accept',
  'epoch-collect',
  'epoch-report',
  'handover-fetch',
  'handover',
  'closing-reply',
  'decision',
]

/** Keeps to itself what others wait for: a few kinds of messages, drawn once. */
export const createWithholder: CreateAdversary = (means) => withholding(means, WITHHELD)

export const createEpochWithholder: CreateAdversary = (means) => withholding(means, WITHHELD_IN_A_CHANGE)

function withholding({ random }: Means, names: readonly KindName[]): Conduct {
  const kinds = new Set(random.shuffled(names).slice(0, 1 + random.below(KINDS_MAX)))
  return { outgoing: (sent) => (kinds.has(sent.kind) && random.chance(WITHHELD_PPM) ? [] : [sent]) }
}

/** Seals to itself, so that an attempt has to do without, and acknowledges nothing. */
export const createWithholdingSealer: CreateAdversary = ({ random }) => ({
  outgoing: (sent) =>
    (sent.kind === 'seal' || sent.kind === 'held') && random.chance(WITHHELD_PPM) ? [] : [sent],
})

/** Makes bids and never begins. */
export const createNoShow: CreateAdversary = () => ({
  outgoing: (sent) =>
    sent.kind === 'lease' || sent.kind === 'job-commit' || sent.kind === 'reveal' ? [] : [sent],
})
