import { describe, expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import type { Digest } from '../ids.ts'
import { LIMITS } from '../params.ts'
import { AGEING_MS, Queue } from './queue.ts'
import { testTicket } from './testing-tickets.ts'

const BATCH = hash('batch', Uint8Array.of(1))
const OTHER = hash('batch', Uint8Array.of(2))

function queueOf(tickets: Readonly<Record<string, Parameters<typeof testTicket>[1]>>): Queue {
  const queue = new Queue()
  for (const [name, about] of Object.entries(tickets)) queue.put(testTicket(name, about))
  return queue
}

const orderOf = (queue: Queue, now: number) => [...queue.inOrder(now)].map(({ label }) => label)

describe('the order of those that wait', () => {
  it.each([
    ['by priority', { a: { priority: 1 }, b: { priority: 9 }, c: { priority: 2 } }, 0, 'bca'],
    ['by age within one priority', { a: { queuedMs: 2 }, b: { queuedMs: 1 }, c: { queuedMs: 3 } }, 3, 'bac'],
    ['by age where ranks meet', { a: { queuedMs: 0 }, b: { priority: 1, queuedMs: 1 } }, AGEING_MS, 'ab'],
    ['by priority just before', { a: { queuedMs: 0 }, b: { priority: 1, queuedMs: 1 } }, AGEING_MS - 1, 'ba'],
  ])('is %s', (_, tickets, now, order) => {
    expect(orderOf(queueOf(tickets), now).join('')).toBe(order)
  })

  it('lets the least urgent pass every fresh one within five minutes, and not before', () => {
    const queue = queueOf({ old: { priority: 0, queuedMs: 0 } })
    const passesMs = LIMITS.priority * AGEING_MS
    expect(passesMs).toBeLessThan(5 * 60_000)
    for (const at of [passesMs - 1, passesMs]) {
      queue.put(testTicket(`fresh ${at}`, { priority: LIMITS.priority, queuedMs: at }))
      const isFirst = orderOf(queue, at)[0] === 'old'
      expect(isFirst).toBe(at === passesMs)
    }
  })

  it('takes batches of one rank by turns, with single ones as one of them', () => {
    const queue = queueOf({
      a: { batch: BATCH },
      b: { batch: BATCH },
      c: { batch: BATCH },
      d: { batch: OTHER, queuedMs: 1 },
      e: { batch: OTHER, queuedMs: 1 },
      f: { queuedMs: 2 },
    })
    const order = orderOf(queue, 2).join('')
    expect(order).toMatch(/^[abc]df[abc]e[abc]$/)
    // Whoever had its turn goes behind the others from then on.
    const [first] = queue.inOrder(2)
    if (first !== undefined) {
      queue.served(first)
      queue.remove(first.name)
    }
    expect(orderOf(queue, 2).join('')).toMatch(/^df[abc]e[abc]$/)
  })

  it('says how many go before', () => {
    const queue = queueOf({ a: { queuedMs: 0 }, b: { queuedMs: 1 }, c: { priority: 1, queuedMs: 2 } })
    const places = ['a', 'b', 'c'].map((name) => queue.position(testTicket(name).name, 2))
    expect(places).toEqual([1, 2, 0])
    expect(queue.position('00'.repeat(32) as Digest, 2)).toBeUndefined()
  })

  it('keeps nothing of those that have left', () => {
    const queue = queueOf({ a: { batch: BATCH }, b: {} })
    for (const ticket of Array.from(queue.all())) queue.remove(ticket.name)
    expect([queue.size, orderOf(queue, 0)]).toEqual([0, []])
    queue.put(testTicket('a', { queuedMs: 1 }))
    queue.put(testTicket('a', { queuedMs: 5, priority: 3 }))
    expect([...queue.inOrder(9)].map(({ queuedMs }) => queuedMs)).toEqual([5])
  })

  it('reads each ticket but a few times where every one of them is a batch of its own', () => {
    const count = 4_096
    let reads = 0
    const queue = new Queue()
    for (let at = 0; at < count; at += 1) {
      const ticket = testTicket(`${at}`, { batch: hash('batch', Uint8Array.of(at >> 8, at & 255)) })
      const read = () => {
        reads += 1
        return at
      }
      queue.put(Object.defineProperty(ticket, 'queuedMs', { get: read }))
    }
    reads = 0
    expect([...queue.inOrder(count)]).toHaveLength(count)
    // At each of the heap's twelve levels two tickets are compared with it or each other, by two readings.
    expect(reads / count).toBeLessThan(2 * 4 * 12)
  })
})
