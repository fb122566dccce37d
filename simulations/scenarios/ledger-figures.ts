import { PREFIXES } from '../../protocol/records/keys.ts'
import type { EpochRecord } from '../checkers/epoch-record.ts'
import type { World } from '../world.ts'

/** Of a run's changes of epoch. */
export interface EpochFigures {
  readonly ordered: number
  readonly decided: number
  /** Witnesses that came in or left, over all changes. */
  readonly added: number
  readonly removed: number
  /** Of any epoch. */
  readonly witnessesMax: number
}

export function figuresOf(epochs: EpochRecord): Omit<EpochFigures, 'ordered'> {
  const figures = { decided: epochs.newest.number, added: 0, removed: 0, witnessesMax: 0 }
  let before: readonly string[] | undefined
  for (let number = 0; number <= epochs.newest.number; number += 1) {
    const { witnesses = [] } = epochs.of(number) ?? {}
    const earlier = before ?? witnesses
    figures.added += witnesses.filter((peer) => !earlier.includes(peer)).length
    figures.removed += earlier.filter((peer) => !witnesses.some((one) => one === peer)).length
    figures.witnessesMax = Math.max(figures.witnessesMax, witnesses.length)
    before = witnesses
  }
  return figures
}

/** What a world comes to, counted as it is written. */
export function countFacts(world: World) {
  const named = () => new Set<string>()
  const counts = { crashes: 0, certified: named(), decided: named(), resolved: named() }
  world.watch((observation) => {
    if (observation.type === 'crashed') counts.crashes += 1
    if (observation.type !== 'effect' || observation.effect.type !== 'persist') return
    for (const { key } of observation.effect.writes) {
      if (key.startsWith(PREFIXES.certificate)) counts.certified.add(key)
      if (key.startsWith(PREFIXES.decision)) counts.decided.add(key)
      if (key.startsWith(PREFIXES.resolution)) counts.resolved.add(key)
    }
  })
  return counts
}
