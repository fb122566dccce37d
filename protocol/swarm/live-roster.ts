import type { StoredRecord } from '../records/record.ts'
import { type Charter, swarmIdOf } from './charter.ts'
import { type Epoch, foundingEpoch } from './epoch.ts'
import type { Governance } from './governance.ts'
import { createMembers, type Members } from './members.ts'
import type { Roster } from './roster.ts'

/** A peer's own roster, and how it changes. */
export interface LiveRoster extends Roster {
  readonly changes: Pick<Members, 'admit' | 'revoke'>
  restore(record: StoredRecord): boolean
}

export function createRoster(charter: Charter): LiveRoster {
  const members = createMembers(charter)
  const epoch = foundingEpoch(charter)
  const epochs: readonly Epoch[] = [epoch]
  const positions = new Map(epoch.witnesses.map((peer, at) => [peer, at]))
  return {
    swarm: swarmIdOf(charter),
    charter,
    epoch,
    governance: epoch.governance,
    // A revoked witness goes on until the epoch that drops it: else a revocation could take the quorum away.
    member: (peer) => members.get(peer, positions.has(peer)),
    members: () => members.all((peer) => positions.has(peer)),
    isRevoked: members.isRevoked,
    epochOf: (number) => epochs[number],
    isWitness: (peer) => positions.has(peer),
    witnessPosition: (peer) => positions.get(peer) ?? -1,
    everNamed: (what, name) => epochs.some(({ governance }) => isNamed(governance, what, name)),
    changes: members,
    restore: members.restore,
  }
}

function isNamed(
  { minters, treasury, rules }: Governance,
  what: 'minter' | 'treasury' | 'rules',
  name: string,
): boolean {
  if (what === 'minter') return minters.some((minter) => minter === name)
  return what === 'treasury' ? treasury === name : rules === name
}

/** The roster of a swarm that nobody has joined or left since its founding: for reading alone. */
export function rosterOf(charter: Charter): Roster {
  return createRoster(charter)
}
