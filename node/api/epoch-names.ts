import { isPeerId, type PeerId } from '../../protocol/ids.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import { ApiProblem } from './problem.ts'

/** A key in a sentence: its label, where a member has it, and the end of its id. */
export function nameIn(roster: Roster): (peer: PeerId) => string {
  return (peer) => {
    const label = roster.member(peer)?.operator
    return label === undefined ? peer : `${label} (…${peer.slice(-6)})`
  }
}

/** The key that an id names, or a label that one member alone has. Throws `witness_unknown`, `label_ambiguous`. */
export function keyNamed(roster: Roster, name: string): PeerId {
  if (isPeerId(name)) return name
  const found = [...roster.members()].filter(({ operator }) => operator === name).map(({ peer }) => peer)
  const [first, ...others] = found
  if (first === undefined)
    throw new ApiProblem(
      'witness_unknown',
      `no member has the id or label "${name}": "hyperlooms swarm members" lists them`,
    )
  if (others.length > 0)
    throw new ApiProblem(
      'label_ambiguous',
      `${found.length} members have the label "${name}": name one by its id, of ${found.join(', ')}`,
    )
  return first
}

export function keysNamed(roster: Roster, names: readonly string[]): readonly PeerId[] {
  return names.map((name) => keyNamed(roster, name))
}
