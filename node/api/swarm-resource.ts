import type { SwarmMember, SwarmStatus } from '../../protocol/api/swarm-schema.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { operatorsAmong } from '../../protocol/swarm/inviting.ts'
import { OPEN_SWARM } from '../../protocol/swarm/invitation-text.ts'
import { quorumWords } from '../swarm/quorum-words.ts'
import type { Backend } from './backend.ts'
import { changeWords } from './change-words.ts'
import { dialOf } from './dial-addresses.ts'
import { nameIn } from './epoch-names.ts'
import { lostWitnesses, witnessReach } from './network-resource.ts'
import { standingOf, standingWords } from './standing.ts'
import { lossWords, swarmWords } from './swarm-words.ts'

/** Peers that this one can talk to now, itself included. */
function reachedBy({ view, network }: Backend): (peer: PeerId) => boolean {
  const connected = new Set<string>(network.connections().map(({ peer }) => peer))
  return (peer) => peer === view.self || connected.has(peer)
}

export function swarmResource(backend: Backend): SwarmStatus {
  const { view, swarm } = backend
  const { roster } = view
  const { charter, epoch, governance } = roster
  const isReached = reachedBy(backend)
  const self = roster.member(view.self)
  const standing = standingOf(backend)
  const lost = lostWitnesses(backend)
  const { reached } = witnessReach(backend)
  const { witnesses: count, faulty, quorum } = epoch.sizes
  return {
    swarm_id: view.swarm,
    name: charter.name,
    admission: charter.admission,
    guests: charter.guests,
    diversity: charter.diversity,
    epoch: epoch.number,
    members: [...roster.members()].length,
    join_text:
      charter.admission === 'open' ? OPEN_SWARM.write({ swarm: view.swarm, dial: dialOf(backend) }) : null,
    self: {
      peer_id: view.self,
      label: self?.operator ?? null,
      roles: [...(self?.roles ?? [])],
      duty: view.duty(),
      standing,
    },
    operators: {
      keys: [...governance.operators.keys],
      needed: governance.operators.needed,
      held: operatorsAmong(swarm.signers, roster).map(({ id }) => id),
    },
    minters: [...governance.minters],
    treasury: governance.treasury,
    witnesses: {
      count,
      faulty,
      quorum,
      spare: count - quorum,
      reached,
      list: epoch.witnesses.map((peer) => ({
        peer_id: peer,
        label: roster.member(peer)?.operator ?? null,
        reached: isReached(peer),
        revoked: roster.isRevoked(peer),
        lost: lost.has(peer),
      })),
    },
    sentences: [
      ...standingWords(standing, view.self),
      ...swarmWords({ sizes: epoch.sizes, reached, isWitness: roster.isWitness(view.self) }),
      ...lossWords(epoch.sizes, epoch.witnesses.filter((peer) => lost.has(peer)).map(nameIn(roster))),
      ...quorumWords(governance.operators.needed, count),
      ...changeWords(view.change(), nameIn(roster)),
    ],
  }
}

export function memberResources(backend: Backend): readonly SwarmMember[] {
  const { view } = backend
  const { roster } = view
  const isReached = reachedBy(backend)
  const lost = lostWitnesses(backend)
  const nodes = new Map(view.nodes(backend.now()).map((node) => [node.peer, node]))
  return [...roster.members()].map(({ peer, operator, labels, roles, isUninvited }): SwarmMember => {
    const node = nodes.get(peer)
    const seenMs = node?.lastSeenMs
    return {
      peer_id: peer,
      label: operator,
      other_labels: labels.filter((label) => label !== operator),
      roles: [...roles],
      witness: roster.isWitness(peer),
      self: peer === view.self,
      invited: !isUninvited,
      revoked: roster.isRevoked(peer),
      lost: lost.has(peer),
      status: node?.status ?? 'offline',
      connected: isReached(peer),
      last_seen: seenMs === undefined ? null : new Date(seenMs).toISOString(),
    }
  })
}
