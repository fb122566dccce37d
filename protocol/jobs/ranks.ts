import type { PeerId } from '../ids.ts'

/** As much of an attempt as says who may fill its slots. */
export interface Places {
  readonly step: number
  readonly slots: readonly { readonly slot: number; readonly peer: PeerId }[]
  readonly standbys: readonly PeerId[]
}

/**
 * Who fills a slot as this rank (6.5): the peer assigned to it as rank 0, then every standby once, beginning with another
 * one for each slot, so that they spread. Slots go by their number in the whole job. Undefined where there is nobody.
 */
export function holderOf({ slots, standbys }: Places, slot: number, rank: number): PeerId | undefined {
  const assigned = slots.find((one) => one.slot === slot)
  if (assigned === undefined || rank > standbys.length) return undefined
  return rank === 0 ? assigned.peer : standbys[(slot + rank - 1) % standbys.length]
}

/** The one rank as which a peer may fill a slot; undefined for none. */
export function rankOf({ slots, standbys }: Places, slot: number, peer: PeerId): number | undefined {
  const assigned = slots.find((one) => one.slot === slot)
  if (assigned === undefined) return undefined
  if (assigned.peer === peer) return 0
  const at = standbys.indexOf(peer)
  const count = standbys.length
  return at < 0 ? undefined : 1 + ((at - (slot % count) + count) % count)
}

/** Everybody who runs in an attempt or stands by for it; nobody before the first. */
export function electedIn(places: Pick<Places, 'slots' | 'standbys'> | undefined): readonly PeerId[] {
  return places === undefined ? [] : [...places.slots.map(({ peer }) => peer), ...places.standbys]
}

/** Every peer that may fill a slot, the lowest rank first. */
export function holdersOf(places: Places, slot: number): readonly PeerId[] {
  const ranks = Array.from({ length: 1 + places.standbys.length }, (_, rank) => holderOf(places, slot, rank))
  return ranks.flatMap((peer) => peer ?? [])
}
