import { expect, it } from 'vitest'
import type { Signer } from '../crypto/signer.ts'
import { encodeBody } from '../encoding/body.ts'
import { plainFrame, signedFrame } from '../encoding/envelope.ts'
import { type KindName, KINDS } from '../encoding/kinds.ts'
import type { Signed, SignedKind } from '../encoding/signed.ts'
import { jobInstance } from '../ids.ts'
import { createIntakeQuota } from '../intake/quota.ts'
import { inspect } from '../intake/inspect.ts'
import { PROPOSAL, valueDigestOf } from '../agreement/messages.ts'
import { jobIdOf } from '../ledger/entry.ts'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import { LIMITS } from '../params.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import { COMMIT, REVEAL, SEAL } from './messages.ts'
import { ANSWER } from './testing-jobs.ts'
import type { CloseValue } from './value.ts'

const SIGNERS = Array.from({ length: LIMITS.witnesses }, (_, at) => testSigner(at))
const ROSTER = rosterOf(testCharter(SIGNERS, LIMITS.witnesses))
const [FIRST = testSigner(0)] = SIGNERS
const JOB = jobIdOf(FIRST.id, 0)
const RUNNERS = SIGNERS.slice(0, LIMITS.replicas + LIMITS.standbys)

let made = 0
/** Signed by nobody: only sizes and numbers are looked at. */
function signed<T>({ body: codec }: SignedKind<T>, { id: signer }: Signer, body: T): Signed<T> {
  made += 1
  const sig = new Uint8Array(64)
  new DataView(sig.buffer).setUint32(0, made)
  return { signer, body, bytes: encodeBody(codec, body), sig }
}

/** Everybody witnesses, and all who may fill a slot have committed and revealed. */
const place = { job: JOB, step: LIMITS.steps, slot: LIMITS.slots - 1 }
const commits = RUNNERS.map((runner) =>
  signed(COMMIT, runner, { ...place, rank: LIMITS.standbys, commitment: ANSWER.digest }),
)
const started = RUNNERS.map(({ id }) => ({ slot: place.slot, peer: id }))
const seals = SIGNERS.map((witness) =>
  signed(SEAL, witness, { job: JOB, step: place.step, commits, started }),
)
const named = SIGNERS.map(({ id }) => ({ witness: id, seal: ANSWER.digest }))
const answer = { ...ANSWER, size: LIMITS.answerBytes }
const reveals = RUNNERS.map((runner) =>
  signed(REVEAL, runner, { ...place, salt: new Uint8Array(32), answer, seals: named }),
)
const span = { start: LIMITS.answerBytes, end: LIMITS.answerBytes }
const replica = {
  slot: place.slot,
  peer: FIRST.id,
  rank: LIMITS.standbys,
  payout: FIRST.id,
  price: 1n,
  answer,
  cluster: 0,
  outcome: 'outvoted' as const,
  cosine: 1,
  findings: Array.from({ length: LIMITS.findings }, () => ({
    kind: 'structure' as const,
    own: span,
    other: span,
  })),
  paid: 1n,
}
const result = {
  agreement: 'unanimous' as const,
  winner: 0,
  confidence: 1,
  replicas: Array.from({ length: LIMITS.slots }, () => replica),
  refund: 1n,
  fee: 1n,
}
const value: CloseValue = { type: 'close', epoch: 0, seals, reveals, result, cancel: null }
const ballot = { instance: jobInstance(JOB, 1), epoch: 0, round: 0, value: valueDigestOf(value) }
const [seal, reveal] = [seals[0], reveals[0]]
if (seal === undefined || reveal === undefined) throw new RangeError('nobody sealed')

it.each([
  ['seal', seal.signer, signedFrame(ROSTER.swarm, 'seal', seal)],
  ['reveal', FIRST.id, plainFrame(ROSTER.swarm, FIRST.id, 'reveal', { reveal, seals })],
  [
    'propose',
    FIRST.id,
    plainFrame(ROSTER.swarm, FIRST.id, 'propose', {
      proposal: signed(PROPOSAL, FIRST, ballot),
      value,
      newviews: [],
    }),
  ],
] as const satisfies readonly (readonly [KindName, unknown, Uint8Array])[])(
  'a %s of the largest job in the largest swarm is taken',
  (kind, from, frame) => {
    const quota = createIntakeQuota(() => 0, ROSTER.epoch.sizes.quorum)
    const inspected = inspect(frame, { from, via: KINDS[kind].via }, { roster: ROSTER, quota })
    expect(inspected).toMatchObject({ ok: true })
    expect(frame.length).toBeLessThan(KINDS[kind].bytesMax)
  },
)
