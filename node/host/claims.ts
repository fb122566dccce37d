import type { PeerId } from '../../protocol/ids.ts'
import type { Heartbeat } from '../../protocol/jobs/messages.ts'
import type { PeerView } from '../../protocol/peer/view.ts'

interface Notices {
  subscribe(listener: () => void): () => void
}

/** Heartbeats are looked through this long after one was heard of, all of that time at once. */
const LOOK_AFTER_MS = 500

/** Tells of the addresses in members' newest heartbeats, once for each; returns how to stop. */
export function watchClaims(
  notices: Notices,
  view: Pick<PeerView, 'self' | 'nodes'>,
  now: () => number,
  claimed: (peer: PeerId, addresses: readonly string[]) => void,
): () => void {
  /** Bounded by the members. */
  const told = new Map<PeerId, Heartbeat>()
  let waiting: NodeJS.Timeout | undefined
  const look = (): void => {
    waiting = undefined
    for (const { peer, heartbeat } of view.nodes(now())) {
      if (heartbeat === undefined || peer === view.self || told.get(peer) === heartbeat) continue
      told.set(peer, heartbeat)
      claimed(peer, heartbeat.addresses)
    }
  }
  const unsubscribe = notices.subscribe(() => {
    waiting ??= setTimeout(look, LOOK_AFTER_MS)
  })
  return () => {
    unsubscribe()
    clearTimeout(waiting)
  }
}
