import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PeerId } from '../../protocol/ids.ts'
import type { Heartbeat } from '../../protocol/jobs/messages.ts'
import type { NodeView } from '../../protocol/peer/view.ts'
import { watchClaims } from './claims.ts'

const SELF = 'self' as PeerId
const OTHER = 'other' as PeerId

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function nodeAt(peer: PeerId, ...addresses: string[]): NodeView {
  // Only its addresses are read.
  const heartbeat = { addresses } as unknown as Heartbeat
  return { peer, operator: '', witness: false, status: 'online', lastSeenMs: 1, heartbeat }
}

it('tells what each newest heartbeat claims once, and nothing of this peer or of silent ones', () => {
  let nodes: readonly NodeView[] = [nodeAt(SELF, '/self'), nodeAt(OTHER, '/one')]
  const listeners = new Set<() => void>()
  const claims: unknown[] = []
  const notices = {
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const notify = (): void => listeners.forEach((listener) => listener())
  const stop = watchClaims(
    notices,
    { self: SELF, nodes: () => nodes },
    () => 1,
    (...claim) => claims.push(claim),
  )
  notify()
  notify()
  vi.runAllTimers()
  notify()
  vi.runAllTimers()
  expect(claims).toEqual([[OTHER, ['/one']]])
  nodes = [nodeAt(OTHER, '/two'), { ...nodeAt('silent' as PeerId), heartbeat: undefined }]
  notify()
  vi.runAllTimers()
  expect(claims.slice(1)).toEqual([[OTHER, ['/two']]])
  nodes = [nodeAt(OTHER, '/three')]
  notify()
  stop()
  vi.runAllTimers()
  expect(claims).toHaveLength(2)
  expect(listeners.size).toBe(0)
})
