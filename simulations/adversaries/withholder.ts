import type { KindName } from '../../protocol/encoding/kinds.ts'
import type { CreateAdversary } from './adversary.ts'

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

/** Keeps to itself what others wait for: a few kinds of messages, drawn once. */
export const createWithholder: CreateAdversary = ({ random }) => {
  const kinds = new Set(random.shuffled(WITHHELD).slice(0, 1 + random.below(KINDS_MAX)))
  return { outgoing: (sent) => (kinds.has(sent.kind) && random.chance(WITHHELD_PPM) ? [] : [sent]) }
}
