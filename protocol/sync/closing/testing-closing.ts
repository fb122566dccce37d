import type { Roster } from '../../swarm/roster.ts'
import type { FactsParts } from '../facts.ts'

/** For tests in which no epoch ever ends. */
export function neverClosed(roster: Roster): Pick<FactsParts, 'roster' | 'closing'> {
  return { roster, closing: { admits: () => 'admit', applied: () => undefined } }
}
