import { expect, it } from 'vitest'
import { NEWVIEW, PREPARE, type PreparedCertificate, PROPOSAL, valueDigestOf } from '../agreement/messages.ts'
import { nextTurnOf } from '../agreement/round.ts'
import type { Value } from '../agreement/value.ts'
import type { Signer } from '../crypto/signer.ts'
import { signedFrame } from '../encoding/envelope.ts'
import { quorumOf } from '../encoding/quorum.ts'
import { sign } from '../encoding/signed.ts'
import { jobInstance } from '../ids.ts'
import { escrowOf } from '../jobs/spec.ts'
import { ENTRY, genesisOf, jobIdOf, type Operation } from '../ledger/entry.ts'
import { testCharter, testSigner, testSpec } from '../ledger/testing-mind.ts'
import { LIMITS } from '../params.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import { TestMinds } from './testing-minds.ts'

const SIGNERS = [0, 1, 2, 3, 4].map(testSigner)
const payer = testSigner(4)
const WITNESSES = SIGNERS.slice(0, 4)
const roster = rosterOf(testCharter(SIGNERS, 4))
const { swarm, charter } = roster
const INSTANCE = jobInstance(jobIdOf(payer.id, 0), 0)
const OFFERS_IN_ONE = 8

const opening = (nonce: number): Operation => {
  const spec = { ...testSpec(charter, payer.id), nonce }
  return { type: 'open', spec, escrow: escrowOf(spec) }
}

/** Gossips an entry that opens jobs from a nonce on; nobody certifies it. */
function offer(minds: TestMinds, to: Signer, nonce: number): void {
  const ops = Array.from({ length: OFFERS_IN_ONE }, (_, at) => opening(nonce + at))
  const place = { account: payer.id, seq: 0, prev: genesisOf(swarm, payer.id), free: 0n }
  const entry = sign(payer, swarm, ENTRY, { ...place, claims: [], ops })
  minds.bring(payer.id, to.id, signedFrame(swarm, 'entry', entry))
  minds.settle()
}

/** A round of the proposer's in which a quorum's promises carry the value, as its prepared certificate says. */
function proposal(proposer: Signer, round: number, value: Value) {
  const ballot = { instance: INSTANCE, epoch: 0, round, value: valueDigestOf(value) }
  const earlier = { ...ballot, round: round - 1 }
  const sigs = WITNESSES.slice(0, 3).map((signer): [number, Uint8Array] => [
    roster.witnessPosition(signer.id),
    sign(signer, swarm, PREPARE, earlier).sig,
  ])
  const prepared: PreparedCertificate = { ballot: earlier, quorum: quorumOf(0, 4, new Map(sigs)) }
  const newviews = WITNESSES.slice(0, 3).map((signer) =>
    sign(signer, swarm, NEWVIEW, { instance: INSTANCE, epoch: 0, round, prepared }),
  )
  return { proposal: sign(proposer, swarm, PROPOSAL, ballot), value, newviews }
}

it('a witness whose book is flooded still knows what it prepared, and prepares nothing else in that round', () => {
  const [proposer, target] = WITNESSES as [Signer, Signer, Signer, Signer]
  const minds = new TestMinds(roster, SIGNERS)
  const prepares = () => minds.heard(proposer.id, 'prepare').filter(({ from }) => from === target.id).length
  const round = nextTurnOf(proposer.id, INSTANCE, 2, roster.epoch)
  const propose = (value: Value) =>
    minds.say(proposer.id, target.id, 'propose', proposal(proposer, round, value))

  offer(minds, target, 0)
  propose({ type: 'void', reason: 'expired', cancel: null })
  expect(prepares()).toBe(1)

  for (let nonce = OFFERS_IN_ONE; nonce <= 2 * LIMITS.openJobs; nonce += OFFERS_IN_ONE)
    offer(minds, target, nonce)
  expect(minds.mindOf(target.id).view.job(jobIdOf(payer.id, 0))).toBeUndefined()
  offer(minds, target, 0)
  expect(minds.mindOf(target.id).view.job(jobIdOf(payer.id, 0))).toBeDefined()
  propose({ type: 'void', reason: 'unassigned', cancel: null })
  expect(prepares()).toBe(0)
})
