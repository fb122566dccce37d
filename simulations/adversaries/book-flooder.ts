import { signedFrame } from '../../protocol/encoding/envelope.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import { escrowOf } from '../../protocol/jobs/spec.ts'
import { ENTRY, genesisOf, type Operation } from '../../protocol/ledger/entry.ts'
import { LIMITS } from '../../protocol/params.ts'
import { type CreateAdversary, type Outgoing, toWitnesses } from './adversary.ts'

/** More of them in one entry, and the entry would be too large. */
const OFFERS_IN_ONE = 8
const ENTRIES_AT_ONCE = 64
/** So many push every other job without a certificate out of a witness's book, twice. */
const OFFERS_MAX = 2 * LIMITS.openJobs
/** Behind all that its own mind ever gives away. */
const FIRST_NONCE = 1_000

/** A payer that offers jobs without end, in entries that nobody certifies: no witness's book holds them all. */
export const createBookFlooder: CreateAdversary = ({ signer, roster, ...means }, view) => {
  let offered = 0
  let spec: JobSpec | undefined

  const offer = (): Uint8Array | undefined => {
    const like = spec
    if (like === undefined || offered >= OFFERS_MAX) return undefined
    const ops = Array.from({ length: OFFERS_IN_ONE }, (_, at): Operation => {
      const one = { ...like, nonce: FIRST_NONCE + offered + at }
      return { type: 'open', spec: one, escrow: escrowOf(one) }
    })
    offered += OFFERS_IN_ONE
    const account = signer.id
    const body = { account, seq: 0, prev: genesisOf(roster.swarm, account), claims: [], ops, free: 0n }
    return signedFrame(roster.swarm, 'entry', sign(signer, roster.swarm, ENTRY, body))
  }

  return {
    tick() {
      spec ??= view.openJobs().find(({ account }) => account === signer.id)?.spec
      const frames = Array.from({ length: ENTRIES_AT_ONCE }, offer).filter((frame) => frame !== undefined)
      const to = { ...means, signer, roster }
      return frames.flatMap((frame) =>
        toWitnesses(to, (peer): Outgoing => ({ to: peer, kind: 'entry', frame })),
      )
    },
  }
}
