import type { StoredDecision } from './stored-facts.ts'

/** Who may fill the slots of one attempt, as its decision says. */
export interface Assignment {
  readonly step: number
  readonly slots: readonly { readonly slot: number; readonly peer: string }[]
  readonly standbys: readonly string[]
}

/** A job's attempts by the step that began them. */
export function assignmentsIn(decisions: readonly StoredDecision[]): ReadonlyMap<number, Assignment> {
  const found = new Map<number, Assignment>()
  for (const { step, value } of decisions)
    if (value.type === 'assign' || value.type === 'again')
      found.set(step, { step, slots: value.slots, standbys: value.standbys })
  return found
}

/** Peers that may fill a slot, the lowest rank first: whom it was assigned to, then the standbys from the slot's own on (6.5). */
export function ranksOf({ slots, standbys }: Assignment, slot: number): readonly string[] {
  const assigned = slots.find((one) => one.slot === slot)
  if (assigned === undefined) return []
  const from = standbys.length === 0 ? 0 : slot % standbys.length
  return [assigned.peer, ...standbys.slice(from), ...standbys.slice(0, from)]
}
