import type { PeerId } from '../../protocol/ids.ts'
import type { Write } from '../../protocol/records/record.ts'
import type { Observation } from '../observation.ts'
import type { Records } from './records.ts'

interface Batch {
  readonly position: number
  readonly writes: readonly Write[]
}

/**
 * Which writes have become durable with an observation. What a crash takes before its sync was never said to
 * anybody and may turn out differently the next time, so only durable writes count as a peer's word.
 */
export interface DurableWrites {
  after(observation: Observation): readonly Write[]
}

export function createDurableWrites(durable: (peer: PeerId) => Records): DurableWrites {
  const pending = new Map<PeerId, readonly Batch[]>()

  const synced = (peer: PeerId, position: number): readonly Write[] => {
    const batches = pending.get(peer) ?? []
    pending.set(
      peer,
      batches.filter((batch) => batch.position > position),
    )
    return batches.filter((batch) => batch.position <= position).flatMap(({ writes }) => writes)
  }

  /** The disk may have kept some of what nobody was told about. */
  const kept = (peer: PeerId): readonly Write[] => {
    const records = durable(peer)
    const writes = (pending.get(peer) ?? []).flatMap((batch) => batch.writes)
    pending.delete(peer)
    return writes.filter(({ key, value }) => value !== null && records.get(key) === value)
  }

  return {
    after(observation) {
      const { peer } = observation
      if (observation.type === 'synced') return synced(peer, observation.position)
      if (observation.type === 'crashed') return kept(peer)
      if (observation.type === 'effect' && observation.effect.type === 'persist') {
        const { position, writes } = observation.effect
        pending.set(peer, [...(pending.get(peer) ?? []), { position, writes }])
      }
      return []
    },
  }
}
