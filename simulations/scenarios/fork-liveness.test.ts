import { beforeEach, describe, expect, it } from 'vitest'
import { NO_ITEMS } from '../../protocol/agreement/instance-rules.ts'
import { decodeRecord } from '../../protocol/encoding/body.ts'
import { decodeEnvelope, decodeKind } from '../../protocol/encoding/envelope.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { certificateCodec } from '../../protocol/ledger/certificate.ts'
import { ENTRY, type SignedEntry } from '../../protocol/ledger/entry.ts'
import { forkProofOf, RESOLVE, type ResolveMessage } from '../../protocol/ledger/resolution.ts'
import { LIMITS } from '../../protocol/params.ts'
import type { Command } from '../../protocol/peer/command.ts'
import type { WorldPeer } from '../world.ts'
import { createForkWorld, CREDIT, type ForkWorld, MINTED } from './fork-world.ts'

const MINUTE_MS = 60_000

let fork: ForkWorld

const pay = (): Command => ({ type: 'transfer', to: fork.peerAt(0).id, amount: CREDIT, memo: '' })

/** The owner pays so often, each time with a certificate everywhere; its entries, oldest first. */
function payTimes(count: number): readonly SignedEntry[] {
  for (let done = 0; done < count; done += 1) {
    expect(fork.ask(fork.owner, pay())).toMatchObject({ ok: true })
    fork.pass(500)
  }
  return [...fork.peerAt(0).disk.records()]
    .filter(([key]) => key.startsWith(`certificate/${fork.owner.id}`))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => decodeRecord(certificateCodec, value, key).entry)
}

const places = (peers: readonly WorldPeer[]) => peers.map((peer) => fork.accountAt(peer)?.seq)

beforeEach(() => {
  fork = createForkWorld({ seed: 'fork liveness' })
  fork.world.start(fork.owner)
  fork.pass(1_000)
})

describe('settling a fork', () => {
  it.each([1, 4, 10, 60])('comes to its end when a quorum is back after %i minutes', (minutes) => {
    const to = fork.peerAt(0).id
    fork.certify(fork.entryPaying(to, CREDIT), fork.witnesses().slice(0, 2))
    fork.certify(fork.entryPaying(to, 2n * CREDIT), fork.witnesses().slice(2))
    fork.pass(1_900)
    const away = fork.witnesses().slice(2)
    for (const peer of away) fork.world.crash(peer)
    expect(fork.ask(fork.owner, { type: 'resolve' })).toMatchObject({ ok: true })
    fork.pass(minutes * MINUTE_MS)
    expect(places(fork.witnesses().slice(0, 2))).toEqual([0, 0])
    for (const peer of away) fork.world.start(peer)
    fork.pass(5 * MINUTE_MS)
    expect(places(fork.world.peers)).toEqual(Array(5).fill(1))
    expect(fork.accountAt(fork.owner)?.free).toBe(MINTED - 2n * CREDIT)
    expect(fork.roots().size).toBe(1)
    expect(fork.conserved()).toBe(true)
  })

  it('comes to its end when witnesses come back one by one, five minutes apart', () => {
    const to = fork.peerAt(0).id
    fork.certify(fork.entryPaying(to, CREDIT), fork.witnesses().slice(0, 2))
    fork.certify(fork.entryPaying(to, 2n * CREDIT), fork.witnesses().slice(2))
    fork.pass(1_900)
    const away = fork.witnesses().slice(1)
    for (const peer of away) fork.world.crash(peer)
    expect(fork.ask(fork.owner, { type: 'resolve' })).toMatchObject({ ok: true })
    fork.pass(20 * MINUTE_MS)
    for (const peer of away) {
      fork.world.start(peer)
      fork.pass(5 * MINUTE_MS)
    }
    expect(places(fork.world.peers)).toEqual(Array(5).fill(1))
    expect(fork.roots().size).toBe(1)
    expect(fork.conserved()).toBe(true)
  })

  it("is not stopped by a liar that answers with the account's old entries", () => {
    const old = payTimes(LIMITS.forkEntries + 1)
    const { world, owner } = fork
    const liar = world.peers.find(({ id }) => id === world.roster.epoch.witnesses[0])
    const honest = fork.witnesses().filter((peer) => peer !== liar)
    const [one, other, third] = honest
    if (liar === undefined || one === undefined || other === undefined || third === undefined)
      throw new Error('four witnesses')
    world.crash(liar)
    fork.pass(200)
    const [a, b] = [fork.entryPaying(one.id, CREDIT), fork.entryPaying(one.id, 2n * CREDIT)]
    fork.certify(a, [one])
    fork.certify(b, [other, third])
    fork.pass(3_000)
    world.watch((observation) => {
      // The network loses what is sent to a machine that is down; its key answers all the same, and first.
      if (observation.type !== 'left' || observation.effect.type !== 'send') return
      if (observation.effect.to !== liar.id) return
      const { kind, body } = decodeEnvelope(observation.effect.frame)
      if (kind !== 'newview-request') return
      const { instance, epoch, round } = decodeKind(kind, body, TRUSTED)
      const entries = old.slice(0, LIMITS.forkEntries)
      const refusal = { ...NO_ITEMS, instance, epoch, round, code: 'guard', missing: [], entries } as const
      const asker = world.peers.filter(({ id }) => id === observation.peer)
      fork.tell(asker, liar.id, 'refusal', refusal)
    })
    expect(fork.ask(owner, { type: 'resolve' })).toMatchObject({ ok: true })
    fork.pass(MINUTE_MS)
    expect(places(honest)).toEqual(Array(3).fill(old.length + 1))
    expect(fork.conserved()).toBe(true)
  })

  it('is one matter for requests that different witnesses hold for different places', () => {
    const old = payTimes(2)
    const { world, owner, thief } = fork
    const { swarm } = world.roster
    const requestFor = (at: number): ResolveMessage => {
      const entry = old[at]
      if (entry === undefined) throw new Error('no such place')
      const proof = forkProofOf(entry, sign(thief, swarm, ENTRY, { ...entry.body, free: 1n }))
      if (proof === undefined) throw new Error('no fork')
      return { request: sign(thief, swarm, RESOLVE, { account: owner.id, number: 0 }), proof }
    }
    const held = fork.witnesses()
    // A fork behind the head is taken up only where a witness asks.
    const [teller] = held
    if (teller === undefined) throw new Error('no witnesses')
    fork.tell(held.slice(0, 2), held[2]?.id ?? teller.id, 'resolve', requestFor(0))
    fork.tell(held.slice(2), teller.id, 'resolve', requestFor(1))
    fork.pass(10)
    const isHeld = ({ disk }: WorldPeer) =>
      [...disk.records().keys()].some((key) => key.startsWith('resolving/'))
    expect(held.map(isHeld)).toEqual([true, true, true, true])
    expect(fork.ask(owner, pay())).toMatchObject({ ok: true })
    fork.pass(MINUTE_MS)
    expect(held.map(isHeld)).toEqual([false, false, false, false])
    expect(places(world.peers)).toEqual(Array(5).fill(3))
    expect(fork.roots().size).toBe(1)
    expect(fork.conserved()).toBe(true)
  })
})
