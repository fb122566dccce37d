import { describe, expect, it } from 'vitest'
import { sign } from '../../encoding/signed.ts'
import type { MessageOf } from '../../intake/message.ts'
import { ENTRY } from '../../ledger/entry.ts'
import type { Fact } from '../../ledger/fact.ts'
import { testSigner } from '../../ledger/testing-mind.ts'
import {
  owners,
  first,
  swarm,
  LISTED,
  LENGTH,
  chainOf,
  forkedChain,
  nameOf,
  ClosingNode,
  SERVE,
  exchange,
  closedBy,
  build,
} from './testing-closing.ts'

describe('a peer that was level when the epoch was closed', () => {
  it('knows what the closed state holds and takes nothing else', () => {
    const { level } = build()
    expect(level.closing.isLevel).toBe(true)
    for (const fact of chainOf()) expect(level.admits(fact)).toBe('known')
    const [more] = chainOf(testSigner(50))
    if (more !== undefined) expect(level.admits(more)).toBe('refuse')
  })

  it('takes an entry that is listed, and no other', () => {
    const [fact] = chainOf(testSigner(50))
    const [other] = chainOf(testSigner(51))
    if (fact === undefined || other === undefined) throw new Error('a chain has entries')
    const node = new ClosingNode(LENGTH)
    node.close(closedBy(node, { ...LISTED, entries: [nameOf(fact)] }))
    expect([fact, other].map((each) => node.admits(each))).toEqual(['admit', 'refuse'])
  })
})

describe('a peer that was behind', () => {
  it('waits until it has the closed state, follows each chain to its end, and takes it then', () => {
    const { level, late } = build()
    const chain = chainOf()
    expect(late.closing.isLevel).toBe(false)
    expect(chain.slice(1).map((fact) => late.admits(fact))).toEqual(['wait', 'wait', 'wait', 'wait'])
    expect(late.closing.nextOf(first.id, first.id)).toBeUndefined()
    exchange(late, level)
    expect(chain.slice(1).map((fact) => late.admits(fact))).toEqual(['wait', 'wait', 'wait', 'wait'])
    expect(chain.slice(1).map((fact) => late.admits(fact))).toEqual(['admit', 'admit', 'admit', 'admit'])
  })

  it('asks for the digests of the buckets and for what is in them, and not for what is empty', () => {
    const { level, late } = build()
    const full = level.digest.buckets().filter((bucket) => bucket !== null).length
    const asked = exchange(late, level)
    expect(asked).toBe(1 + full)
    expect(full).toBeLessThan(level.digest.buckets().length)
  })

  it('is level once it has applied everything, also after a restart', () => {
    const { level, late } = build()
    exchange(late, level)
    for (const owner of owners) {
      expect(late.closing.isLevel).toBe(false)
      late.advance(chainOf(owner), LENGTH)
      late.closing.advance(late.out)
    }
    expect(late.closing.isLevel).toBe(true)
    late.restart()
    expect(late.closing.isLevel).toBe(true)
    // What it fetched it can give to the next one.
    const later = new ClosingNode(0)
    later.close(closedBy(level))
    exchange(later, late)
    expect(chainOf().map((fact) => later.admits(fact))).not.toContain('refuse')
    expect(chainOf().map((fact) => later.admits(fact))).not.toContain('wait')
  })

  it('never takes a chain that whoever has the old keys made up, and takes the right one next', () => {
    const { level, late } = build()
    exchange(late, level)
    const forged = chainOf(first, true)
    for (let round = 0; round < 3; round += 1)
      for (const fact of forged.slice(1)) expect(late.admits(fact)).toBe('wait')
    expect(late.closing.nextOf(first.id, first.id)).toBe(Number.MAX_SAFE_INTEGER)
    late.closing.pulling(first.id)
    for (const fact of chainOf().slice(1)) late.admits(fact)
    expect(forged.slice(1).map((fact) => late.admits(fact))).not.toContain('admit')
    expect(
      chainOf()
        .slice(1)
        .map((fact) => late.admits(fact)),
    ).not.toContain('wait')
  })

  it('follows each source by itself: what a liar shows of a chain keeps nobody else from showing the right one', () => {
    const { level, late } = build()
    const [honest, liar] = [first.id, testSigner(70).id]
    exchange(late, level)
    late.closing.pulling(liar)
    // One step that leads elsewhere, after which nothing right builds on it.
    for (const fact of chainOf(first, true).slice(1, 2)) late.admits(fact, liar)
    for (const fact of chainOf().slice(2)) late.admits(fact, liar)
    late.closing.pulling(honest)
    for (const fact of chainOf().slice(1, 3)) late.admits(fact, honest)
    // Whoever wasn't asked begins no trail, and so pushes none of those out.
    for (let at = 71; at < 91; at += 1)
      for (const fact of chainOf(first, true).slice(1)) late.admits(fact, testSigner(at).id)
    for (const fact of chainOf().slice(3)) late.admits(fact, honest)
    const admitted = chainOf()
      .slice(1)
      .map((fact) => late.admits(fact, testSigner(71).id))
    expect(admitted).toEqual(['admit', 'admit', 'admit', 'admit'])
    expect(late.closing.astray).toEqual([])
  })

  it('takes a fork that was settled with the branch that surfaced before its decision', () => {
    const merged = forkedChain()
    const late = new ClosingNode(0)
    const level = new ClosingNode(0)
    level.advance(merged.facts, merged.facts.length, merged.end)
    const closed = closedBy(level)
    level.close(closed)
    late.close(closed)
    exchange(late, level)
    for (const fact of merged.facts) late.admits(fact)
    expect(late.admits(merged.facts[merged.facts.length - 1] as Fact)).toBe('admit')
  })

  it('takes no entry that its account’s owner has not signed', () => {
    const { level, late } = build()
    exchange(late, level)
    const [, second] = chainOf()
    if (second?.type !== 'certificate') throw new Error('a chain has entries')
    const { entry } = second.certificate
    const signed = sign(testSigner(72), swarm, ENTRY, entry.body)
    const certificate = { ...second.certificate, entry: signed }
    expect(late.admits({ type: 'certificate', certificate })).toBe('refuse')
  })

  it('refuses what goes beyond the closed state, and chains that it does not hold', () => {
    const { level, late } = build()
    exchange(late, level)
    const [stranger] = chainOf(testSigner(60))
    const beyond = chainOf()[LENGTH - 1]
    if (stranger === undefined || beyond?.type !== 'certificate') throw new Error('a chain has entries')
    expect(late.admits(stranger)).toBe('refuse')
    const { entry, quorum } = beyond.certificate
    const longer = sign(first, swarm, ENTRY, { ...entry.body, seq: LENGTH, prev: nameOf(beyond) })
    expect(late.admits({ type: 'certificate', certificate: { entry: longer, quorum } })).toBe('refuse')
  })

  it('is astray, not level, where it has as many entries but others, or more', () => {
    const { closed, level } = build()
    for (const [chain, length] of [
      [chainOf(first, true), LENGTH],
      [chainOf(testSigner(60)), 1],
    ] as const) {
      const other = new ClosingNode(LENGTH)
      other.advance(chain, length)
      other.close(closed)
      exchange(other, level)
      other.closing.advance(other.out)
      const [fact] = chain
      if (fact?.type !== 'certificate') throw new Error('a chain has entries')
      expect(other.closing.astray).toEqual([fact.certificate.entry.body.account])
      expect(other.closing.isLevel).toBe(false)
      expect([...other.store.keys()]).toContain('astray')
    }
  })

  it('is astray no more where the next epoch ends with what it had alone', () => {
    const { closed, level } = build()
    const other = new ClosingNode(LENGTH)
    other.advance(chainOf(testSigner(60)), 1)
    other.close(closed)
    exchange(other, level)
    other.closing.advance(other.out)
    expect(other.store.get('astray')).toBeInstanceOf(Uint8Array)
    other.close({ ...closedBy(other), number: 1 })
    expect([other.closing.isLevel, other.closing.astray, other.store.get('astray')]).toEqual([true, [], null])
  })

  it('is level with an entry more that is listed', () => {
    const [fact] = chainOf(testSigner(60))
    if (fact === undefined) throw new Error('a chain has entries')
    const level = new ClosingNode(LENGTH)
    const closed = closedBy(level, { ...LISTED, entries: [nameOf(fact)] })
    const other = new ClosingNode(LENGTH)
    other.advance([fact], 1)
    level.close(closed)
    other.close(closed)
    exchange(other, level)
    expect(other.closing.advance(other.out)).toBe(true)
    expect(other.closing.astray).toEqual([])
  })

  it('is astray where it is on the way to another end, which the whole chain shows', () => {
    const { closed, level } = build()
    const other = new ClosingNode(LENGTH)
    other.advance(chainOf(first, true), 3)
    other.close(closed)
    exchange(other, level)
    const show = (facts: readonly Fact[]) => {
      for (const fact of facts) {
        const isPast = fact.type === 'certificate' && fact.certificate.entry.body.seq < 3
        if (isPast) other.closing.passed(fact, first.id)
        else other.admits(fact)
      }
    }
    show(chainOf().slice(3))
    expect(other.closing.astray).toEqual([])
    expect(other.closing.nextOf(first.id, first.id)).toBe(0)
    show(chainOf())
    expect(other.closing.astray).toEqual([first.id])
    expect(other.closing.isLevel).toBe(false)
  })

  it('gives no page of an earlier epoch’s state as the newest one’s', () => {
    const { level, closed } = build()
    // It isn't where the next epoch ended, so all that it has is what it kept of the one before.
    const { root } = new ClosingNode(1).digest
    level.close({ ...closed, number: 1, root: root() })
    level.sent.splice(0)
    const ask = (bucket: number | null) => {
      const request = { from: first.id, body: { number: 1, bucket, page: 0 } }
      level.closing.onRequest(level.out, request as MessageOf<'closing-request'>, SERVE)
    }
    const buckets = level.digest.buckets().flatMap((digest, at) => (digest === null ? [] : [at]))
    for (const bucket of [null, ...buckets]) ask(bucket)
    expect(level.sent).toEqual([])
    level.close({ ...closedBy(level), number: 1 })
    for (const bucket of [null, ...buckets]) ask(bucket)
    expect(level.sent.map(({ kind }) => kind)).toEqual([null, ...buckets].map(() => 'closing-reply'))
  })

  it('holds every piece against the root that was decided', () => {
    const { late, closed } = build()
    const other = new ClosingNode(2)
    other.close({ ...closed, root: other.digest.root() })
    exchange(late, other)
    expect(late.admits(chainOf()[1] ?? (chainOf()[0] as never))).toBe('wait')
    expect([...late.store.keys()].filter((key) => key.startsWith('state-part/'))).toEqual([])
  })
})
