import { describe, expect, it } from 'vitest'
import { OrderedWindow, WINDOW_BYTES, WINDOW_ITEMS } from './ordered-window.ts'

function build() {
  const taken: number[] = []
  let emptied = 0
  const window = new OrderedWindow<number>(
    (item) => taken.push(item),
    () => (emptied += 1),
  )
  return { taken, window, emptied: () => emptied }
}

describe('an ordered window', () => {
  it('takes things in their order, whenever they become ready', async () => {
    const { taken, window, emptied } = build()
    const items = Array.from({ length: 5 }, () => Promise.withResolvers<number>())
    for (const { promise } of items) void window.push(promise, 1)
    items[4]?.resolve(4)
    items[1]?.resolve(1)
    items[0]?.resolve(0)
    await items[0]?.promise
    await new Promise((resolve) => setImmediate(resolve))
    expect(taken).toEqual([0, 1])
    expect(emptied()).toBe(0)
    items[3]?.resolve(3)
    items[2]?.resolve(2)
    await new Promise((resolve) => setImmediate(resolve))
    expect(taken).toEqual([0, 1, 2, 3, 4])
    expect(emptied()).toBe(1)
  })

  it('makes its source wait at the maximum of items, until half of them are taken', async () => {
    const { taken, window } = build()
    const items = Array.from({ length: WINDOW_ITEMS }, () => Promise.withResolvers<number>())
    const answers = items.map(({ promise }) => window.push(promise, 1))
    expect(answers.slice(0, -1)).toEqual(answers.slice(0, -1).map(() => undefined))
    const room = answers.at(-1)
    expect(room).toBeInstanceOf(Promise)
    items.slice(0, WINDOW_ITEMS / 2 + 1).forEach(({ resolve }, at) => resolve(at))
    await room
    expect(taken).toHaveLength(WINDOW_ITEMS / 2 + 1)
  })

  it('makes its source wait at the maximum of bytes', () => {
    const { window } = build()
    const never = new Promise<number>(() => undefined)
    expect(window.push(never, WINDOW_BYTES - 1)).toBeUndefined()
    expect(window.push(never, 1)).toBeInstanceOf(Promise)
  })
})
