import type { Model } from './model.ts'
import { liesOf, nodeOf, rolesOf, VOTING } from './voting-nodes.ts'

/**
 * Two proposers of one instance with different values: the natural one in round 0, a witness in its round 2.
 * With four witnesses one prepares, commits and promises everything.
 */
export function competingProposersModel(count: 3 | 4): Model {
  const roles = rolesOf(count)
  const { swarm, voters } = roles
  const liars = count === 4 ? voters.slice(-1) : []
  const correct = swarm.witnesses.filter((one) => !liars.includes(one))
  return {
    ...VOTING,
    name: `competing proposers, ${count} witnesses${liars.length > 0 ? ', one votes for everything' : ''}`,
    nodes: correct.map((signer) => nodeOf(roles, signer)),
    initial: liars.flatMap((liar) => liesOf(roles, liar)),
    depth: count === 3 ? 12 : 10,
    facts: swarm.facts(liars),
  }
}
