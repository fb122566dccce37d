import { beforeEach, describe, expect, it } from 'vitest'
import { COMMIT_BALLOT, type Decision, PROPOSAL, valueDigestOf } from '../../protocol/agreement/messages.ts'
import { decodeEnvelope, decodeKind } from '../../protocol/encoding/envelope.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { type InstanceId, resolveInstance } from '../../protocol/ids.ts'
import { ENTRY, entryIdOf, type SignedEntry } from '../../protocol/ledger/entry.ts'
import { forkProofOf, RESOLVE, type Resolution } from '../../protocol/ledger/resolution.ts'
import type { WorldPeer } from '../world.ts'
import { createForkWorld, CREDIT, type ForkWorld, MINTED } from './fork-world.ts'

const OTHER = 5

let fork: ForkWorld
/** The natural proposer's place: its machine is down, its key is a liar's. */
let liar: number
let honest: readonly WorldPeer[]
/** An honest member with an account of its own, and what it is about to have certified. */
let other: WorldPeer
let foreign: SignedEntry
let own: readonly [SignedEntry, SignedEntry]
let instance: InstanceId

const resolution = (entries: readonly SignedEntry[]): Resolution => {
  const head = fork.accountAt(honest[0] ?? other)?.head
  if (head === undefined) throw new Error('no account')
  return { type: 'resolve', account: fork.owner.id, seq: 0, head, entries }
}

/** What a value of the liar's is answered: kinds and, of refusals, their codes. */
function answersTo(value: Resolution): readonly string[] {
  const answers: string[] = []
  const { world } = fork
  const proposer = fork.keyOf(liar)
  world.watch((observation) => {
    if (observation.type !== 'left' || observation.effect.type !== 'send') return
    if (observation.effect.to !== proposer.id) return
    const { kind, body } = decodeEnvelope(observation.effect.frame)
    if (kind === 'prepare') answers.push(kind)
    if (kind === 'refusal') answers.push(decodeKind('refusal', body, TRUSTED).code)
  })
  const ballot = { instance, epoch: 0, round: 0, value: valueDigestOf(value) }
  const proposal = sign(proposer, world.roster.swarm, PROPOSAL, ballot)
  fork.tell(honest, proposer.id, 'propose', { proposal, value, newviews: [] })
  fork.pass(100)
  return answers
}

/** What a quorum of witnesses would decide if its keys were all the liar's. */
function decisionOf(value: Resolution): Decision {
  const { roster } = fork.world
  const ballot = { instance, epoch: 0, round: 0, value: valueDigestOf(value) }
  const sigs = [0, 1, 2].map((at) => {
    const { id, sig } = { ...fork.keyOf(at), ...sign(fork.keyOf(at), roster.swarm, COMMIT_BALLOT, ballot) }
    return [roster.witnessPosition(id), sig] as const
  })
  return { instance, round: 0, value, quorum: quorumOf(0, 4, new Map(sigs)) }
}

beforeEach(() => {
  fork = createForkWorld({ seed: 'forged resolutions', others: 1 })
  const { world } = fork
  other = fork.peerAt(OTHER)
  fork.mint(other)
  liar = world.peers.findIndex(({ id }) => id === world.roster.epoch.witnesses[0])
  honest = fork.witnesses().filter((_, at) => at !== liar)
  const [to] = fork.witnesses()
  if (to === undefined) throw new Error('no witnesses')
  own = [fork.entryPaying(to.id, CREDIT), fork.entryPaying(to.id, 2n * CREDIT)]
  const source = fork.accountAt(to, to.id)?.head
  const account = fork.accountAt(to, other.id)
  if (source === undefined || account === undefined) throw new Error('nothing was minted')
  foreign = sign(fork.keyOf(OTHER), world.roster.swarm, ENTRY, {
    account: other.id,
    seq: 0,
    prev: account.head,
    claims: [{ source, index: 0 }],
    ops: [{ type: 'transfer', to: to.id, amount: CREDIT, memo: '' }],
    free: MINTED - CREDIT,
  })
  instance = resolveInstance(fork.owner.id, 0)
  const proof = forkProofOf(...own)
  if (proof === undefined) throw new Error('no fork')
  world.crash(fork.peerAt(liar))
  const request = sign(fork.thief, world.roster.swarm, RESOLVE, { account: fork.owner.id, number: 0 })
  fork.tell(honest, fork.owner.id, 'resolve', { request, proof })
  // Its first messages are due; none of the witnesses' own turns has come.
  fork.pass(10)
})

/** Entries that an honest quorum must never help to a place of the account. */
const FORGERIES: Readonly<Record<string, () => readonly SignedEntry[]>> = {
  "another account's entry": () => [foreign],
  "another account's entry beside an own one": () =>
    [foreign, own[0]].toSorted((a, b) => (entryIdOf(a) < entryIdOf(b) ? -1 : 1)),
  "an entry under somebody else's signature": () => [
    sign(fork.keyOf(OTHER), fork.world.roster.swarm, ENTRY, own[0].body),
  ],
  'an entry of another place': () => [fork.entryPaying(other.id, CREDIT, { seq: 1 })],
  'an entry on another head': () => [fork.entryPaying(other.id, CREDIT, { prev: foreign.body.prev })],
  'one entry twice': () => [own[0], own[0]],
  'entries out of order': () => own.toSorted((a, b) => (entryIdOf(a) > entryIdOf(b) ? -1 : 1)),
  'an entry that spends what it has not': () => [fork.entryPaying(other.id, CREDIT, { free: MINTED })],
}

describe('a proposed resolution', () => {
  it("is prepared with the account's own entries", () => {
    expect(answersTo(resolution([own[0]]))).toEqual(['prepare', 'prepare', 'prepare'])
  })

  it.each(Object.keys(FORGERIES))('is never prepared with %s', (name) => {
    const entries = FORGERIES[name]?.() ?? []
    expect(answersTo(resolution(entries))).toEqual(['not_valid', 'not_valid', 'not_valid'])
  })
})

describe('a decided resolution above f liars', () => {
  const DECIDED = Object.keys(FORGERIES).filter((name) => !name.includes('spends'))

  it("settles the fork with the account's own entry", () => {
    fork.tell(honest, fork.keyOf(liar).id, 'decision', decisionOf(resolution([own[0]])))
    fork.pass(100)
    expect(honest.map((peer) => fork.accountAt(peer)?.head)).toEqual(Array(3).fill(entryIdOf(own[0])))
  })

  it.each(DECIDED)('contradicts and moves nobody with %s', (name) => {
    const before = honest.map((peer) => fork.viewOf(peer).ledgerRoot())
    const decision = decisionOf(resolution(FORGERIES[name]?.() ?? []))
    fork.tell(honest, fork.keyOf(liar).id, 'decision', decision)
    fork.pass(100)
    expect(honest.map((peer) => fork.viewOf(peer).ledgerRoot())).toEqual(before)
    expect(honest.map((peer) => fork.accountAt(peer, other.id)?.seq ?? 0)).toEqual([0, 0, 0])
    expect(fork.conserved()).toBe(true)
  })
})
