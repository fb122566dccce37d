import { expect, it } from 'vitest'
import type { PeerId } from '../ids.ts'
import { holderOf, holdersOf, rankOf } from './ranks.ts'

const peer = (name: string) => name as PeerId
const slots = (first: number, count: number) =>
  Array.from({ length: count }, (_, at) => ({ slot: first + at, peer: peer(`slot ${first + at}`) }))
const [A, B, C] = ['a', 'b', 'c'].map(peer)

it.each([
  ['nobody stands by', [], 0, [['slot 0'], ['slot 1']]],
  [
    'one stands by for all',
    [A],
    0,
    [
      ['slot 0', 'a'],
      ['slot 1', 'a'],
    ],
  ],
  [
    'each slot begins with another standby',
    [A, B, C],
    0,
    [
      ['slot 0', 'a', 'b', 'c'],
      ['slot 1', 'b', 'c', 'a'],
    ],
  ],
  [
    'slots of a later attempt keep their number',
    [A, B],
    3,
    [
      ['slot 3', 'b', 'a'],
      ['slot 4', 'a', 'b'],
    ],
  ],
] as const)('%s', (_, standbys, first, expected) => {
  const attempt = { step: 0, slots: slots(first, 2), standbys: standbys as readonly PeerId[] }
  expect(attempt.slots.map(({ slot }) => holdersOf(attempt, slot))).toEqual(expected)
  for (const { slot } of attempt.slots) {
    const holders = holdersOf(attempt, slot)
    expect(holders.map((one) => rankOf(attempt, slot, one))).toEqual(holders.map((_one, rank) => rank))
    expect(holderOf(attempt, slot, holders.length)).toBeUndefined()
  }
})

it('no rank is anybody’s in a slot of another attempt, or a stranger’s in any', () => {
  const attempt = { step: 0, slots: slots(2, 1), standbys: [A as PeerId] }
  expect(holderOf(attempt, 0, 0)).toBeUndefined()
  expect(holderOf(attempt, 0, 1)).toBeUndefined()
  expect(rankOf(attempt, 0, A as PeerId)).toBeUndefined()
  expect(rankOf(attempt, 2, peer('stranger'))).toBeUndefined()
})
