import { describe, expect, it } from 'vitest'
import { type Digest } from '../ids.ts'
import { keys } from '../records/keys.ts'
import { type Entry } from './entry.ts'
import type { CertifyReply } from './messages.ts'
import {
  CREDIT,
  pay,
  peerAt,
  submit,
  funded,
  sourceOf,
  signedEntry,
  record,
  ask,
  askWith,
} from './testing-ledger.ts'

describe('a witness', () => {
  it('repeats its vote byte for byte, also after a restart, and never votes for a second entry', () => {
    const { swarm, owner, other } = funded()
    const witness = peerAt(swarm, 3)
    const claims = [sourceOf(swarm)]
    const entry = signedEntry(swarm, owner, { claims, ops: [pay(other, CREDIT)], free: 9n * CREDIT })
    const rival = signedEntry(swarm, owner, { claims, ops: [pay(other, 2n * CREDIT)], free: 8n * CREDIT })
    const first = ask(swarm, witness, owner, entry)
    expect(first.votes).toHaveLength(1)
    expect(ask(swarm, witness, owner, rival)).toEqual({
      votes: [],
      outcomes: [{ type: 'conflict', entry: expect.objectContaining({ bytes: entry.bytes }) }],
    })
    swarm.crash(witness)
    // First the rival: a witness that forgot its lock would now vote for it.
    expect(ask(swarm, witness, owner, rival).votes).toEqual([])
    expect(ask(swarm, witness, owner, entry)).toEqual(first)
    expect(ask(swarm, witness, owner, rival).votes).toEqual([])
  })

  it('writes the lock before it hands over the vote', () => {
    const { swarm, owner, other } = funded()
    const entry = signedEntry(swarm, owner, {
      claims: [sourceOf(swarm)],
      ops: [pay(other, CREDIT)],
      free: 9n * CREDIT,
    })
    const { order } = record(swarm, peerAt(swarm, 3), owner, entry, 0)
    expect(order).toEqual([`write ${keys.lock(owner.self, 0)}`, 'vote'])
  })

  it.each<[string, number, Partial<Entry>, CertifyReply['outcome']['type'][]]>([
    ['an entry of another epoch', 1, {}, ['epoch']],
    ['an unknown source', 0, { claims: [{ source: 'd'.repeat(64) as Digest, index: 0 }] }, ['missing']],
    ['an unknown entry before it', 0, { seq: 5, prev: 'd'.repeat(64) as Digest }, ['missing']],
    ['a wrong balance', 0, { free: 11n * CREDIT }, ['reject']],
  ])('answers %s without binding itself', (_name, epoch, change, types) => {
    const { swarm, owner } = funded()
    const entry = signedEntry(swarm, owner, {
      claims: [sourceOf(swarm)],
      ops: [],
      free: 10n * CREDIT,
      ...change,
    })
    const { votes, outcomes } = ask(swarm, peerAt(swarm, 3), owner, entry, epoch)
    expect(votes).toEqual([])
    expect(outcomes.map(({ type }) => type)).toEqual(types)
    expect([...peerAt(swarm, 3).store.keys()].filter((key) => key.startsWith('lock/'))).toEqual([])
  })

  it('names the fault of a claim once evidence shows the source', () => {
    const { swarm, minter, owner, other } = funded()
    const source = sourceOf(swarm)
    const entry = signedEntry(swarm, other, { claims: [source], ops: [], free: 10n * CREDIT })
    expect(ask(swarm, peerAt(swarm, 3), other, entry).outcomes).toEqual([
      { type: 'missing', ids: [source.source] },
    ])
    submit(swarm, owner, pay(other, CREDIT))
    swarm.run(100)
    const again = signedEntry(swarm, owner, { claims: [source], ops: [], free: 19n * CREDIT })
    const shown = swarm.act(minter, ({ ledger }) => ledger.account(minter.self))
    expect(shown?.head).toBe(source.source)
    const evidence = minter.store.get(keys.certificate(minter.self, 0))
    expect(askWith(swarm, peerAt(swarm, 3), other, entry, evidence)).toEqual([
      { type: 'reject', code: 'claim_not_addressed' },
    ])
    expect(askWith(swarm, peerAt(swarm, 3), owner, again, evidence)).toEqual([
      { type: 'reject', code: 'claim_already_made' },
    ])
  })
})
