import type { HeldEffect } from './observation.ts'

/** Holds effects back until what they rely on is durable, and lets them go in the order in which they came. */
export interface HeldEffects {
  hold(effect: HeldEffect): void
  synced(position: number): void
}

export function createHeldEffects(release: (effect: HeldEffect) => void): HeldEffects {
  const held: HeldEffect[] = []
  let durable = 0
  const releaseDue = () => {
    for (let next = held[0]; next !== undefined && next.after <= durable; next = held[0]) {
      held.shift()
      release(next)
    }
  }
  return {
    hold(effect) {
      held.push(effect)
      releaseDue()
    },
    synced(position) {
      durable = position
      releaseDue()
    },
  }
}
