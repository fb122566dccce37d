import { describe, expect, it } from 'vitest'
import { OrderedWindow, type Outcome, WINDOW_BYTES, WINDOW_ITEMS } from './ordered-window.ts'

const ready = (item: number): Outcome<number> => ({ status: 'ready', item })
const under = () => Promise.withResolvers<Outcome<number>>()

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
    const items = Array.from({ length: 5 }, under)
    for (const { promise } of items) void window.push(promise, 1)
    items[4]?.resolve(ready(4))
    items[1]?.resolve(ready(1))
    items[0]?.resolve(ready(0))
    await items[0]?.promise
    await new Promise((resolve) => setImmediate(resolve))
    expect(taken).toEqual([0, 1])
    expect(emptied()).toBe(0)
    items[3]?.resolve(ready(3))
    items[2]?.resolve(ready(2))
    await new Promise((resolve) => setImmediate(resolve))
    expect(taken).toEqual([0, 1, 2, 3, 4])
    expect(emptied()).toBe(1)
  })

  it('makes its source wait at the maximum of items, until half of them are taken', async () => {
    const { taken, window } = build()
    const items = Array.from({ length: WINDOW_ITEMS }, under)
    const answers = items.map(({ promise }) => window.push(promise, 1))
    expect(answers.slice(0, -1)).toEqual(answers.slice(0, -1).map(() => undefined))
    const room = answers.at(-1)
    expect(room).toBeInstanceOf(Promise)
    items.slice(0, WINDOW_ITEMS / 2 + 1).forEach(({ resolve }, at) => resolve(ready(at)))
    await room
    expect(taken).toHaveLength(WINDOW_ITEMS / 2 + 1)
  })

  it('makes its source wait at the maximum of bytes', () => {
    const { window } = build()
    const never = new Promise<Outcome<number>>(() => undefined)
    expect(window.push(never, WINDOW_BYTES - 1)).toBeUndefined()
    expect(window.push(never, 1)).toBeInstanceOf(Promise)
  })

  it('takes what is behind one that is dropped or fails, and is empty afterwards', async () => {
    const { taken, window, emptied } = build()
    const items = Array.from({ length: 4 }, under)
    for (const { promise } of items) void window.push(promise, WINDOW_BYTES / 8)
    items[3]?.resolve(ready(3))
    items[0]?.reject(new Error('the verifier failed'))
    items[1]?.resolve({ status: 'dropped' })
    items[2]?.resolve(ready(2))
    await new Promise((resolve) => setImmediate(resolve))
    expect(taken).toEqual([2, 3])
    expect(emptied()).toBe(1)
    // What the dropped ones held is free again.
    expect(window.push(Promise.resolve(ready(4)), WINDOW_BYTES - 1)).toBeUndefined()
  })

  it('lets a waiting source go on though all that it waits for fails', async () => {
    const { window } = build()
    const items = Array.from({ length: WINDOW_ITEMS }, under)
    const answers = items.map(({ promise }) => window.push(promise, 1))
    for (const { reject } of items) reject(new Error('the verifier failed'))
    await expect(answers.at(-1)).resolves.toBeUndefined()
  })
})
