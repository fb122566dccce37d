import { describe, expect, it } from 'vitest'
import { COMMIT_BALLOT, NEWVIEW, PREPARE, PROPOSAL } from '../agreement/messages.ts'
import type { Signer } from '../crypto/signer.ts'
import type { Quorum } from '../encoding/quorum.ts'
import { sign } from '../encoding/signed.ts'
import { jobInstance } from '../ids.ts'
import { entryIdOf, VOTE } from '../ledger/entry.ts'
import { sampleOf, type Sample } from './sample-messages.ts'
import { JOB, MEMBER, partsFor, quorumBy, ROSTER, WITNESSES } from './sample-values.ts'
import { inspected, verdictOn } from './testing-intake.ts'

const { swarm } = ROSTER
const parts = partsFor(swarm)
const [first = MEMBER, second = MEMBER, third = MEMBER] = WITNESSES
const entry = parts.paying
const vote = { epoch: 0, account: entry.body.account, seq: 0, entry: entryIdOf(entry) }
const [instance, value] = parts.values.void
const ballot = parts.ballotOf(instance, value)

interface Carrier {
  /** The message with this quorum in it. */
  readonly carrying: (quorum: Quorum) => Sample
  /** An honest quorum for it, by these witnesses. */
  readonly quorum: (signers?: readonly Signer[]) => Quorum
  /** Honest quorums for something else. */
  readonly others: Readonly<Record<string, Quorum>>
}

const preparesBy = (signers?: readonly Signer[]) => quorumBy(swarm, PREPARE, ballot, signers)
const otherBallots = {
  instance: { ...ballot, instance: jobInstance(JOB, 1) },
  epoch: { ...ballot, epoch: 1 },
  round: { ...ballot, round: 1 },
  value: parts.ballotOf(instance, { type: 'void', reason: 'unassigned', cancel: null }),
}
const ofOthers = (kind: typeof PREPARE): Record<string, Quorum> =>
  Object.fromEntries(
    Object.entries(otherBallots).map(([name, other]) => [`of another ${name}`, quorumBy(swarm, kind, other)]),
  )

const CARRIERS: Readonly<Record<string, Carrier>> = {
  'a certificate': {
    carrying: (quorum) =>
      sampleOf(swarm, 'facts', { facts: [{ type: 'certificate', certificate: { entry, quorum } }] }),
    quorum: (signers) => quorumBy(swarm, VOTE, vote, signers),
    others: {
      'of another epoch': quorumBy(swarm, VOTE, { ...vote, epoch: 1 }),
      'of another place': quorumBy(swarm, VOTE, { ...vote, seq: 1 }),
      'of another account': quorumBy(swarm, VOTE, { ...vote, account: first.id }),
      'of another entry': quorumBy(swarm, VOTE, { ...vote, entry: entryIdOf(parts.minting) }),
    },
  },
  'a prepared certificate': {
    carrying: (quorum) => sampleOf(swarm, 'prepared', { ballot, quorum }),
    quorum: preparesBy,
    others: {
      ...ofOthers(PREPARE),
      'of commits': quorumBy(swarm, COMMIT_BALLOT, ballot),
      'of proposals': quorumBy(swarm, PROPOSAL, ballot),
    },
  },
  'a promise': {
    carrying(quorum) {
      const newview = sign(first, swarm, NEWVIEW, {
        instance,
        epoch: 0,
        round: 1,
        prepared: { ballot, quorum },
      })
      return sampleOf(swarm, 'promised', { newview, value })
    },
    quorum: preparesBy,
    others: ofOthers(PREPARE),
  },
  'a decision': {
    carrying: (quorum) => sampleOf(swarm, 'decision', { instance, round: 0, value, quorum }),
    quorum: (signers) => quorumBy(swarm, COMMIT_BALLOT, ballot, signers),
    others: { ...ofOthers(COMMIT_BALLOT), 'of prepares': preparesBy() },
  },
}

const bits = (...positions: number[]) =>
  Uint8Array.of(positions.reduce((set, position) => set | (1 << position), 0))

describe.each(Object.entries(CARRIERS))('%s', (name, { carrying, quorum, others }) => {
  const whole = quorum()
  const verdict = (forged: Partial<Quorum>) => verdictOn(inspected(carrying({ ...whole, ...forged })))
  const [one = new Uint8Array(64), two = one, three = one] = whole.sigs
  const seats = ROSTER.epoch.witnesses.map((witness) => WITNESSES.find(({ id }) => id === witness) ?? MEMBER)
  const alike = quorum(seats.slice(0, 3))

  it('is believed with a quorum, whichever, and with everybody', () => {
    expect(verdict({})).toBe('believed')
    expect(verdict(quorum(seats.slice(1)))).toBe('believed')
    expect(verdict(quorum(seats))).toBe('believed')
  })

  it('needs q signatures', () => {
    expect(verdict(quorum([first, second]))).toBe('no_quorum')
    expect(verdict({ signers: Uint8Array.of(0) })).toBe('no_quorum')
    expect(verdict({ sigs: [] })).toBe('out_of_range')
  })

  it('needs as many signatures as seats', () => {
    expect(verdict({ sigs: [one, two] })).toBe('no_quorum')
    expect(verdict({ sigs: [one, two, three, three] })).toBe('no_quorum')
  })

  it('takes one signature once, and each in its place', () => {
    expect(verdict({ sigs: [one, one, three] })).toBe('bad_signature')
    expect(verdict({ sigs: [two, one, three] })).toBe('bad_signature')
    expect(verdict({ ...alike, signers: bits(0, 1, 3) })).toBe('bad_signature')
  })

  it('has seats for witnesses alone', () => {
    expect(verdict({ ...alike, signers: bits(0, 1, 4) })).toBe('no_quorum')
    expect(verdict({ ...alike, signers: bits(0, 1, 7) })).toBe('no_quorum')
    expect(verdict({ signers: Uint8Array.of(...whole.signers, 0) })).toBe('no_quorum')
    // A member's signature in a witness's seat.
    const byMember = quorum([second, third, MEMBER]).sigs[0] ?? one
    expect(verdict({ ...alike, sigs: [byMember, ...alike.sigs.slice(1)] })).toBe('bad_signature')
  })

  it('is of an epoch that is known', () => {
    const isNamedTwice = name === 'a prepared certificate' || name === 'a promise'
    expect(verdict({ epoch: 1 })).toBe(isNamedTwice ? 'out_of_range' : 'unknown_epoch')
  })

  it.each(Object.entries(others))('is no quorum %s', (_name, other) => {
    expect(verdict({ ...other })).toBe('bad_signature')
  })
})

describe('a prepared certificate of another epoch', () => {
  it('is refused also where ballot and quorum agree on it', () => {
    const other = { ...ballot, epoch: 1 }
    const quorum = { ...quorumBy(swarm, PREPARE, other), epoch: 1 }
    expect(verdictOn(inspected(sampleOf(swarm, 'prepared', { ballot: other, quorum })))).toBe('unknown_epoch')
  })
})
