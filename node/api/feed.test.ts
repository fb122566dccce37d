import { describe, expect, it } from 'vitest'
import { SOCKET_CLOSE } from '../../protocol/api/socket-messages.ts'
import { createFeed, type Reader } from './feed.ts'
import { SERVER_LIMITS } from './limits.ts'

interface Received {
  readonly type: string
  readonly seq: number
  readonly value: number
}

/** A reader that keeps what it is sent, and lets a test wait for the next thing that happens to it. */
function createReader() {
  const messages: Received[] = []
  const closed: number[] = []
  let wake: (() => void) | undefined
  const happened = () => wake?.()
  const reader = {
    bufferedAmount: 0,
    isOpen: true,
    send(text: string) {
      messages.push(JSON.parse(text) as Received)
      happened()
    },
    close(code: number) {
      closed.push(code)
      happened()
    },
  } satisfies Reader
  const next = () =>
    new Promise<void>((resolve) => {
      wake = resolve
    })
  return { reader, messages, closed, next }
}

function createCounter(read?: () => Promise<object | undefined>) {
  const state = { value: 0, reads: 0, failures: 0 }
  const feed = createFeed({
    read:
      read ??
      (() => {
        state.reads += 1
        return Promise.resolve({ value: state.value })
      }),
    firstSeq: 100,
    updateMs: 1,
    failed: () => {
      state.failures += 1
    },
  })
  const set = (value: number) => {
    state.value = value
    feed.changed()
  }
  return { feed, state, set }
}

describe('a feed', () => {
  it('starts with a snapshot and goes on with updates', async () => {
    const { feed, set } = createCounter()
    const { reader, messages, next } = createReader()
    await feed.add(reader)
    const updated = next()
    set(1)
    await updated
    expect(messages).toEqual([
      { type: 'snapshot', seq: 100, value: 0 },
      { type: 'update', seq: 101, value: 1 },
    ])
    feed.stop()
  })

  it('keeps its readers while what they saw can’t be read, and tells them of it afterwards', async () => {
    const looked = Promise.withResolvers<void>()
    const states: (object | undefined)[] = [{ value: 0 }, undefined, { value: 1 }]
    const { feed } = createCounter(() => {
      if (states.length === 2) looked.resolve()
      return Promise.resolve(states.shift())
    })
    const { reader, messages, closed, next } = createReader()
    await feed.add(reader)
    feed.changed()
    await looked.promise
    const updated = next()
    feed.changed()
    await updated
    expect(closed).toEqual([])
    expect(messages.map(({ seq, value }) => [seq, value])).toEqual([
      [100, 0],
      [102, 1],
    ])
    feed.stop()
  })

  it('goes on behind the message that a reader has seen last', async () => {
    const { feed, set } = createCounter()
    const early = createReader()
    await feed.add(early.reader)
    feed.remove(early.reader)
    set(1)
    const late = createReader()
    const caughtUp = late.next()
    await feed.add(late.reader, 100)
    await caughtUp
    const level = createReader()
    await feed.add(level.reader, 101)
    const updated = level.next()
    set(2)
    await updated
    expect(late.messages[0]).toEqual({ type: 'update', seq: 101, value: 1 })
    expect(level.messages).toEqual([{ type: 'update', seq: 102, value: 2 }])
    feed.stop()
  })

  it.each([99, 101])('begins anew for a reader whose last message, %d, it never sent', async (since) => {
    const { feed } = createCounter()
    const { reader, messages } = createReader()
    await feed.add(reader, since)
    expect(messages).toEqual([{ type: 'snapshot', seq: 100, value: 0 }])
    feed.stop()
  })

  it('shows changes that come together as one', async () => {
    const { feed, state, set } = createCounter()
    const { reader, messages, next } = createReader()
    await feed.add(reader)
    const updated = next()
    for (let value = 1; value <= 1_000; value += 1) set(value)
    await updated
    expect(messages.at(-1)).toEqual({ type: 'update', seq: 1_100, value: 1_000 })
    expect(state.reads).toBe(2)
    feed.stop()
  })

  it('reads nothing while nobody watches', () => {
    const { feed, state, set } = createCounter()
    set(1)
    expect(state.reads).toBe(0)
    feed.stop()
  })

  it('misses no change that happens while the snapshot is read', async () => {
    let finish: ((state: object) => void) | undefined
    let value = 0
    const slowly = () =>
      new Promise<object>((resolve) => {
        const seen = value
        if (seen > 0) return resolve({ value: seen })
        finish = () => resolve({ value: seen })
      })
    const { feed } = createCounter(slowly)
    const { reader, messages, next } = createReader()
    const added = feed.add(reader)
    value = 1
    feed.changed()
    finish?.({})
    await added
    const updated = next()
    await updated
    expect(messages.map((message) => message.value)).toEqual([0, 1])
    feed.stop()
  })

  it('drops a reader that is too far behind, and only that one', async () => {
    const { feed, set } = createCounter()
    const slow = createReader()
    const quick = createReader()
    await feed.add(slow.reader)
    await feed.add(quick.reader)
    slow.reader.bufferedAmount = SERVER_LIMITS.socketBacklogBytes
    let updated = slow.next()
    set(1)
    await updated
    expect(slow.messages).toHaveLength(2)
    slow.reader.bufferedAmount = SERVER_LIMITS.socketBacklogBytes + 1
    updated = quick.next()
    set(2)
    await updated
    expect(slow.closed).toEqual([SOCKET_CLOSE.tooSlow.code])
    expect(slow.messages).toHaveLength(2)
    expect(quick.messages.at(-1)).toMatchObject({ value: 2 })
    expect(feed.size).toBe(1)
    feed.stop()
  })

  it('closes for a subject that does not exist', async () => {
    const { feed } = createCounter(() => Promise.resolve(undefined))
    const { reader, closed, messages } = createReader()
    await feed.add(reader)
    expect(closed).toEqual([SOCKET_CLOSE.jobNotFound.code])
    expect(messages).toEqual([])
    expect(feed.size).toBe(0)
  })

  it('closes and reports when reading fails', async () => {
    const { feed, state } = createCounter(() => Promise.reject(new Error('no disk')))
    const { reader, closed } = createReader()
    await feed.add(reader)
    expect(closed).toEqual([SOCKET_CLOSE.failed.code])
    expect(state.failures).toBe(1)
  })

  it('says goodbye when it stops', async () => {
    const { feed } = createCounter()
    const { reader, closed } = createReader()
    await feed.add(reader)
    feed.stop()
    expect(closed).toEqual([SOCKET_CLOSE.goingAway.code])
    expect(feed.size).toBe(0)
  })
})
