import { expect, it } from 'vitest'
import { numbered } from './messages.ts'
import { isNewer } from './watch.ts'

const message = (type: 'snapshot' | 'update', seq: number) =>
  numbered({ type, seq } as Parameters<typeof numbered>[0], undefined)

it.each([
  ['update', 6, true],
  ['update', 5, false],
  ['update', 4, false],
  // The same address leads to another peer now, which counts from less.
  ['snapshot', 2, true],
  ['snapshot', 5, true],
] as const)('an %s numbered %i after number 5 is taken: %s', (type, seq, isTaken) => {
  expect(isNewer(message(type, seq), 5)).toBe(isTaken)
})
