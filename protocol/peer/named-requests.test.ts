import { describe, expect, it } from 'vitest'
import type { Digest, EntryId, PeerId } from '../ids.ts'
import { HOT_PREFIXES, keys } from '../records/keys.ts'
import { EventOutbox } from './event-outbox.ts'
import { NamedRequests, REQUEST_KEPT_MS, REQUESTS_MAX } from './named-requests.ts'

const ENTRY = 'ee'.repeat(32) as EntryId
const START_MS = 1_700_000_000_000
const nameOf = (number: number) => number.toString(16).padStart(64, '0') as Digest

/** A peer's records of requests, and how many keys the largest batch had. */
function build() {
  const store = new Map<string, Uint8Array>()
  let requests = new NamedRequests()
  let largest = 0
  return {
    store,
    get largest() {
      return largest
    },
    sign(number: number, atMs: number) {
      const out = new EventOutbox('self' as PeerId, ENTRY, atMs)
      requests.remember(out, { name: nameOf(number), content: ENTRY }, ENTRY)
      for (const effect of out.seal(0).effects) {
        if (effect.type !== 'persist') continue
        largest = Math.max(largest, effect.writes.length)
        for (const { key, value } of effect.writes) {
          if (value === null) store.delete(key)
          else store.set(key, value)
        }
      }
    },
    restart() {
      requests = new NamedRequests()
      for (const [key, value] of [...store].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (HOT_PREFIXES.some((prefix) => key.startsWith(prefix))) requests.restore({ key, value })
      }
    },
    knows: (number: number) => store.has(keys.request(nameOf(number))),
  }
}

describe('a named request', () => {
  it.each([false, true])(
    'is forgotten a week later, in the batch of another one, restarted: %s',
    (restarts) => {
      const peer = build()
      peer.sign(1, START_MS)
      peer.sign(2, START_MS + 1)
      if (restarts) peer.restart()
      peer.sign(3, START_MS + REQUEST_KEPT_MS - 1)
      expect([1, 2, 3].map(peer.knows)).toEqual([true, true, true])
      peer.sign(4, START_MS + REQUEST_KEPT_MS)
      expect([1, 2, 3, 4].map(peer.knows)).toEqual([false, true, true, true])
      // Each has its record and its time, and nothing else is left.
      expect(peer.store.size).toBe(6)
    },
  )

  it('is forgotten once too many newer ones are known, few in one batch', () => {
    const peer = build()
    for (let number = 0; number < REQUESTS_MAX + 10; number += 1) peer.sign(number, START_MS + number)
    expect([0, 9, 10, REQUESTS_MAX + 9].map(peer.knows)).toEqual([false, false, true, true])
    expect(peer.store.size).toBe(2 * REQUESTS_MAX)
    peer.sign(-1 >>> 0, START_MS + 10 * REQUEST_KEPT_MS)
    expect(peer.largest).toBeLessThanOrEqual(2 + 2 * 4)
  })

  it('has one record however often its name is given anew', () => {
    const peer = build()
    for (let at = 0; at < 3; at += 1) peer.sign(1, START_MS + at)
    expect([...peer.store.keys()]).toEqual([
      keys.request(nameOf(1)),
      keys.requestTime(START_MS + 2, nameOf(1)),
    ])
  })
})
