import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Digest, PeerId } from '../../protocol/ids.ts'
import {
  PROVIDE_EVERY_MS,
  PROVIDE_WAITING_MAX,
  PROVIDER_MS,
  PROVIDERS_MAX,
  PROVIDERS_PER_MEMBER_MAX,
} from './limits.ts'
import { Providers } from './providers.ts'
import { Providing } from './providing.ts'

const body = (number: number) => number.toString(16).padStart(64, '0') as Digest
const member = (number: number) => `member ${number}` as PeerId

function fill(providers: Providers, peer: PeerId, count: number, from = 0): void {
  for (let at = 0; at < count; at += 1) providers.add(peer, body(from + at))
}

describe('provider records', () => {
  it('are as many as a member may have, and then its own oldest goes', () => {
    const providers = new Providers(() => true)
    providers.add(member(1), body(0))
    fill(providers, member(0), PROVIDERS_PER_MEMBER_MAX)
    expect(providers.of(body(0))).toEqual([member(1), member(0)])
    fill(providers, member(0), 1, PROVIDERS_PER_MEMBER_MAX)
    expect(providers.of(body(0))).toEqual([member(1)])
    expect(providers.of(body(1))).toEqual([member(0)])
    expect(providers.size).toBe(PROVIDERS_PER_MEMBER_MAX + 1)
  })

  it('are bounded in all, and then the one goes that is of whom nothing was heard for longest', () => {
    const providers = new Providers(() => true)
    const members = PROVIDERS_MAX / PROVIDERS_PER_MEMBER_MAX
    for (let at = 0; at < members; at += 1) fill(providers, member(at), PROVIDERS_PER_MEMBER_MAX)
    expect(providers.size).toBe(PROVIDERS_MAX)
    providers.add(member(members), body(0))
    expect(providers.size).toBe(PROVIDERS_MAX)
    expect(providers.of(body(0))).toHaveLength(members)
    expect(providers.of(body(0))).not.toContain(member(0))
    expect(providers.of(body(1))).toContain(member(0))
  })

  it('are forgotten after their time, unless they are named again', () => {
    let now = 0
    const providers = new Providers(
      () => true,
      () => now,
    )
    providers.add(member(0), body(0))
    now = PROVIDER_MS - 1
    providers.add(member(1), body(0))
    expect(providers.of(body(0))).toEqual([member(0), member(1)])
    now = PROVIDER_MS
    expect(providers.of(body(0))).toEqual([member(1)])
    expect(providers.size).toBe(1)
  })

  it('are kept for members, and end with the membership', () => {
    const members = new Set([member(0)])
    const providers = new Providers((peer) => members.has(peer))
    providers.add(member(1), body(0))
    providers.add(member(0), body(0))
    expect(providers.of(body(0))).toEqual([member(0)])
    members.clear()
    expect(providers.of(body(0))).toEqual([])
    expect(providers.size).toBe(0)
  })
})

describe('telling of bodies', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('tells the newest first, one at a time, and of too many the oldest never', async () => {
    const told: Digest[] = []
    const providing = new Providing({ provide: async (one) => void told.push(one) })
    for (let at = 0; at <= PROVIDE_WAITING_MAX; at += 1) providing.add(body(at))
    await vi.advanceTimersByTimeAsync(PROVIDE_EVERY_MS)
    expect(told).toEqual([body(PROVIDE_WAITING_MAX)])
    await vi.advanceTimersByTimeAsync(2 * PROVIDE_WAITING_MAX * PROVIDE_EVERY_MS)
    expect(told).toHaveLength(PROVIDE_WAITING_MAX)
    expect(told).not.toContain(body(0))
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends with the network', async () => {
    const told: Digest[] = []
    const providing = new Providing({ provide: async (one) => void told.push(one) })
    providing.add(body(0))
    providing.stop()
    providing.add(body(1))
    await vi.advanceTimersByTimeAsync(10 * PROVIDE_EVERY_MS)
    expect(told).toEqual([])
  })
})
