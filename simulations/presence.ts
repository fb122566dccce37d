import type { PeerId } from '../protocol/ids.ts'
import type { Body } from './body.ts'
import type { Disk } from './disk.ts'

interface Machine {
  readonly id: PeerId
  readonly body: Body
  readonly disk: Disk
}

/** Whose store is lost, and who is kept from starting. */
export interface Presence {
  /** The process dies and its disk with it; the host finds out at every start from now on. */
  lose(peer: Machine): void
  hasLost(peer: PeerId): boolean
  /** The process dies and isn't started again until the peer is let back. */
  keepAway(peer: Machine): void
  letBack(peer: Machine): void
  isAway(peer: PeerId): boolean
}

export function createPresence(): Presence {
  const lost = new Set<PeerId>()
  const away = new Set<PeerId>()
  return {
    lose({ id, body, disk }) {
      body.crash()
      disk.wipe()
      lost.add(id)
    },
    hasLost: (peer) => lost.has(peer),
    keepAway({ id, body }) {
      away.add(id)
      body.crash()
    },
    letBack: ({ id }) => void away.delete(id),
    isAway: (peer) => away.has(peer),
  }
}
