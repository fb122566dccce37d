import type { KindName } from '../../protocol/encoding/kinds.ts'
import type { CreateChecker } from './checker.ts'

/** What a member says only as a witness. */
const WITNESS_KINDS: ReadonlySet<KindName> = new Set([
  'vote',
  'prepare',
  'commit',
  'promised',
  'seal',
  'beacon',
  'latency',
])

/** A witness whose votes may be lost says nothing as a witness any more (4.10): it could contradict itself. */
export const createSilenceChecker: CreateChecker = ({ hasLost }, report) => ({
  evidence(peer, { message }) {
    if (message !== undefined && hasLost(peer) && WITNESS_KINDS.has(message.kind))
      report(`${peer} lost its store and sends a ${message.kind}`)
  },
})
