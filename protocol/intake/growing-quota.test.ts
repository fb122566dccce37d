import { describe, expect, it } from 'vitest'
import type { Signer } from '../crypto/signer.ts'
import { encodeBody } from '../encoding/body.ts'
import { plainFrame, signedFrame } from '../encoding/envelope.ts'
import { KINDS } from '../encoding/kinds.ts'
import type { SignedKind, Signed } from '../encoding/signed.ts'
import type { Digest, JobId } from '../ids.ts'
import { COMMIT, REVEAL, SEAL } from '../jobs/messages.ts'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import { LIMITS } from '../params.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import { inspect } from './inspect.ts'
import { createIntakeQuota } from './quota.ts'

const SIGNERS = Array.from({ length: LIMITS.witnesses }, (_, at) => testSigner(at))
const JOB = 'a'.repeat(64) as JobId
const DIGEST = 'b'.repeat(64) as Digest
/** Rates are of four witnesses and three replicas; whoever sends as many frames elsewhere isn't dropped earlier. */
const USUAL = { seal: Math.floor(8_192 / 5), reveal: Math.floor(8_192 / 8) }

let made = 0
/** Signed by nobody: intake's first step only counts what would be checked. */
function signed<T>({ body: codec }: SignedKind<T>, { id: signer }: Signer, body: T): Signed<T> {
  made += 1
  const sig = new Uint8Array(64)
  new DataView(sig.buffer).setUint32(0, made)
  return { signer, body, bytes: encodeBody(codec, body), sig }
}

function swarmOf(witnesses: number, replicas: number) {
  const signers = SIGNERS.slice(0, Math.max(witnesses, replicas))
  const roster = rosterOf(testCharter(signers, witnesses))
  const voters = signers.slice(0, roster.epoch.sizes.quorum)
  const [first] = signers
  if (first === undefined) throw new RangeError('no signer')
  const commits = signers
    .slice(0, replicas)
    .map((signer, slot) => signed(COMMIT, signer, { job: JOB, step: 0, slot, rank: 0, commitment: DIGEST }))
  const seals = voters.map((voter) => signed(SEAL, voter, { job: JOB, step: 0, commits, started: [] }))
  const named = voters.map(({ id: witness }) => ({ witness, seal: DIGEST }))
  const reveal = signed(REVEAL, first, {
    job: JOB,
    step: 0,
    slot: 0,
    salt: new Uint8Array(32),
    answer: { digest: DIGEST, size: 1 },
    seals: named,
  })
  const [seal] = seals
  if (seal === undefined) throw new RangeError('no seal')
  const frames = {
    seal: signedFrame(roster.swarm, 'seal', seal),
    reveal: plainFrame(roster.swarm, first.id, 'reveal', { reveal, seals }),
  }
  const quota = createIntakeQuota(() => 0, roster.epoch.sizes.quorum)
  /** How many of a kind in one go are not dropped. */
  const taken = (kind: 'seal' | 'reveal') => {
    const from = kind === 'seal' ? seal.signer : first.id
    const inspected = inspect(frames[kind], { from, via: KINDS[kind].via }, { roster, quota })
    if (!inspected.ok) throw new Error(inspected.code)
    // The same frame over and over costs the same; it needn't be read again to know that.
    const { length } = inspected.candidate.checks
    for (let count = 1; ; count += 1)
      if (!quota.open(from, kind) || !quota.charge(from, kind, length)) return count
  }
  return { taken }
}

describe.each([4, 7, 10, 64])('in a swarm of %i witnesses', (witnesses) => {
  it.each([3, LIMITS.replicas + LIMITS.standbys])(
    'with %i runners as many seals and reveals are taken as usual',
    (replicas) => {
      const { taken } = swarmOf(witnesses, replicas)
      expect(taken('seal')).toBeGreaterThanOrEqual(USUAL.seal)
      expect(taken('reveal')).toBeGreaterThanOrEqual(USUAL.reveal)
    },
  )
})
