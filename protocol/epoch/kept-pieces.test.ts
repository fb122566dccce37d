import { describe, expect, it } from 'vitest'
import { decisionCodec } from '../agreement/messages.ts'
import { decodeRecord } from '../encoding/body.ts'
import type { PeerId } from '../ids.ts'
import { OUTPUT_MIN } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import { pieceCodec } from './messages.ts'
import { cutHandover, type Cut } from './pieces.ts'
import { Shelf } from './shelf.ts'
import { entriesUpTo, entryAt } from './testing-lists.ts'
import { TestEpochs } from './testing-orders.ts'

/** Names of the pieces that a store has. */
const piecesIn = (store: ReadonlyMap<string, unknown>) =>
  [...store.keys()]
    .flatMap((key) => (key.startsWith('handover/') ? [key.slice('handover/'.length)] : []))
    .sort()
const draftsIn = (store: ReadonlyMap<string, unknown>) =>
  [...store.keys()].filter((key) => key.startsWith('handover-draft/'))

/** The handover that a peer's first epoch began with: the name of its list, and of its parts. */
function decidedBy(epochs: TestEpochs, peer: PeerId): readonly string[] {
  const read = (key: string) => epochs.minds.stored(peer, key) ?? new Uint8Array()
  const { value } = decodeRecord(decisionCodec, read(keys.epochDecision(1)), 'decision')
  if (value.type !== 'epoch') throw new RangeError('it is a decision on an epoch')
  const piece = decodeRecord(pieceCodec, read(keys.handover(value.handover)), 'list')
  return [value.handover, ...(piece.type === 'list' ? piece.parts : [])].sort()
}

it('when an epoch has begun everybody keeps the pieces of its handover, and no others', () => {
  const epochs = new TestEpochs(4)
  epochs.mint(4, 100n * OUTPUT_MIN)
  const [first = epochs.id(0)] = epochs.view(0).roster.epoch.witnesses
  // All but the first proposer are bound to a payment; its own report is another than theirs.
  epochs.minds.isCut = (_from, to, kind) =>
    kind === 'vote' || kind === 'facts' || (to === first && kind === 'certify')
  epochs.pay(4, 6)
  const stores = epochs.signers.map(({ id }) => epochs.minds.storeOf(id))
  const reported = new Set<string>()
  epochs.minds.isCut = (_from, to, kind) => {
    for (const store of stores) for (const piece of piecesIn(store)) reported.add(piece)
    return kind === 'vote' || (to === first && kind === 'certify')
  }
  epochs.change(epochs.order([0, 1, 2, 3, 5]), 0, 5_000)
  epochs.minds.isCut = () => false
  epochs.minds.pass(60_000)
  for (const { id } of epochs.signers) {
    const decided = decidedBy(epochs, id)
    expect(decided).toHaveLength(2)
    expect(reported.size).toBeGreaterThan(decided.length)
    expect(piecesIn(epochs.minds.storeOf(id))).toEqual(decided)
    expect(draftsIn(epochs.minds.storeOf(id))).toEqual([])
  }
})

describe('a shelf', () => {
  const cutOf = (...seqs: readonly number[]): Cut =>
    cutHandover({ locks: seqs.map(entryAt), prepared: [] }, 1)
  const namesOf = ({ name, parts }: Cut) => [name, ...parts.keys()]

  function open(store = new Map<string, Uint8Array>()) {
    const out = {
      write: (key: string, value: Uint8Array | null) =>
        value === null ? store.delete(key) : store.set(key, value),
    } as unknown as Outbox
    const shelf = new Shelf()
    for (const [key, value] of store) shelf.restore({ key, value })
    const holds = (...cuts: readonly Cut[]) =>
      expect(piecesIn(store)).toEqual([...new Set(cuts.flatMap(namesOf))].sort())
    return { shelf, out, store, holds }
  }

  it('has one report and one proposal of its own, and all that was prepared', () => {
    const { shelf, out, holds } = open()
    const [one, two, three] = [cutOf(1), cutOf(2), cutOf(3)]
    shelf.put(out, 'report', one, 1)
    shelf.put(out, 'proposal', one, 1)
    shelf.put(out, 'report', two, 1)
    holds(one, two)
    shelf.put(out, 'proposal', three, 1)
    holds(two, three)
    shelf.put(out, 'prepared', three, 1)
    shelf.put(out, 'prepared', one, 1)
    shelf.put(out, 'proposal', two, 1)
    holds(one, two, three)
  })

  it('has what several lists have in common for as long as one of them is there', () => {
    const { shelf, out, holds } = open()
    const before = cutHandover({ locks: entriesUpTo(2_000), prepared: [] }, 1)
    const after = cutHandover({ locks: entriesUpTo(2_001), prepared: [] }, 1)
    shelf.put(out, 'report', before, 1)
    shelf.put(out, 'report', after, 1)
    holds(after)
  })

  it('has what was decided alone, across a crash', () => {
    const { shelf, out, store } = open()
    const [one, two, three] = [cutOf(1), cutOf(2), cutOf(3)]
    shelf.put(out, 'prepared', one, 1)
    shelf.put(out, 'report', two, 1)
    const again = open(store)
    for (const piece of [one, two].flatMap(namesOf)) expect(again.shelf.has(piece)).toBe(true)
    again.shelf.settle(again.out, three, 1)
    again.holds(three)
    expect(draftsIn(store)).toEqual([])
  })
})
