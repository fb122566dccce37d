import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBody } from '../encoding/body.ts'
import { sign } from '../encoding/signed.ts'
import { splitHandover } from '../epoch/pieces.ts'
import type { Digest } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { HANDOVER_PART, LIMITS, OUTPUT_MIN } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { ENTRY, type Entry, genesisOf, type SignedEntry } from './entry.ts'
import { fundsNeeded, hasRoomFor, lockRoom, weightOf } from './lock-room.ts'
import { testSigner } from './testing-mind.ts'
import { answerCertify, type WitnessParts } from './witness.ts'

const owner = testSigner(8)
const HEAD = '0'.repeat(64) as Digest
const FULL_BYTES = HANDOVER_PART.bytes - LIMITS.entryBytes - HANDOVER_PART.entryBytes

/** An entry with so many claims, which nobody signed. */
function entryOf(seq: number, claims: number): SignedEntry {
  const sources = Array.from({ length: claims }, (_, index) => ({ source: HEAD, index }))
  const body: Entry = { account: owner.id, seq, prev: HEAD, claims: sources, ops: [], free: 1n }
  return { signer: owner.id, body, bytes: encodeBody(ENTRY.body, body), sig: new Uint8Array(64) }
}

describe('the room for what a witness is bound to', () => {
  it('is taken by each entry as a handover is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: LIMITS.claims }), { maxLength: 400 }), (sizes) => {
        const locks = sizes.map((claims, seq) => entryOf(seq, claims))
        const weight = locks.reduce((sum, entry) => sum + weightOf(entry), 0)
        expect(splitHandover({ locks, prepared: [] }).length).toBeLessThanOrEqual(1 + weight / FULL_BYTES)
      }),
      { numRuns: 20 },
    )
  })

  it('is no more for all witnesses together than three quarters of a list', () => {
    for (let witnesses = 1; witnesses <= LIMITS.witnesses; witnesses += 1)
      expect((witnesses * lockRoom(witnesses)) / FULL_BYTES).toBeLessThanOrEqual(
        (3 * LIMITS.handoverParts) / 4,
      )
    const least = entryOf(0, 0)
    expect(lockRoom(4) / 2 / weightOf(least)).toBeGreaterThan(25_000)
    expect(lockRoom(LIMITS.witnesses) / 2 / weightOf(least)).toBeGreaterThan(5_000)
  })

  it.each([4, LIMITS.witnesses])('is for everybody up to its half, of %i witnesses', (witnesses) => {
    const room = lockRoom(witnesses)
    expect(fundsNeeded(room / 2, witnesses)).toBe(0n)
    expect(fundsNeeded(room / 2 + 1, witnesses)).toBe(OUTPUT_MIN)
    expect(fundsNeeded(room, witnesses)).toBe(OUTPUT_MIN << 16n)
    expect(fundsNeeded(room + 1, witnesses)).toBeUndefined()
  })

  it('is kept for who has more credits, and always for what others must have signed', () => {
    const { body } = entryOf(0, 0)
    const used = (3 * lockRoom(4)) / 4
    const needed = OUTPUT_MIN << 8n
    expect(hasRoomFor({ ...body, free: needed }, used, 4)).toBe(true)
    expect(hasRoomFor({ ...body, free: needed - 1n }, used, 4)).toBe(false)
    const mint = { type: 'mint' as const, to: owner.id, amount: 1n, memo: '' }
    expect(hasRoomFor({ ...body, ops: [mint] }, lockRoom(4) + 1, 4)).toBe(true)
  })
})

it('a witness without room binds itself to nothing, and is asked again', () => {
  const { roster, signers } = fourWitnesses()
  const [signer] = signers
  const prev = genesisOf(roster.swarm, owner.id)
  const body: Entry = {
    account: owner.id,
    seq: 0,
    prev,
    claims: [{ source: HEAD, index: 0 }],
    ops: [],
    free: 100n,
  }
  const entry = sign(owner, roster.swarm, ENTRY, body)
  const answers = (weight: number) => {
    const said: string[] = []
    const out = {
      now: 0,
      send: (_to: string, _kind: string, { outcome }: { outcome: { type: string } }) =>
        void said.push(outcome.type),
      sendSigned: () => void said.push('vote'),
    } as unknown as Outbox
    const parts = {
      signer,
      roster,
      duty: { active: true, stopped: false },
      accounts: { get: () => ({ seq: 0, head: prev, free: 0n, nonce: 0, minted: 0n, owed: 0n, burnt: 0n }) },
      outputs: { find: () => ({ amount: 100n }) },
      locks: { get: () => undefined, set: () => undefined, weight },
      adopted: { get: () => undefined, weight: 0 },
      isSettling: () => false,
      resolving: { of: () => undefined },
      nudge: { locked: () => undefined },
    } as unknown as WitnessParts
    const message = { kind: 'certify', from: owner.id, body: { epoch: 0, entry, evidence: [] } }
    const verdict = answerCertify(parts, out, message as unknown as MessageOf<'certify'>)
    return [verdict, ...said]
  }
  const half = lockRoom(4) / 2 - weightOf(entry)
  expect(answers(half)).toEqual(['voted', 'vote'])
  expect(answers(half + 1)).toEqual(['crowded', 'stopped'])
})
