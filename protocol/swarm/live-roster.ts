import { decodeRecord, encodeBody } from '../encoding/body.ts'
import type { Digest, PeerId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { type Charter, swarmIdOf } from './charter.ts'
import { type Epoch, epochRecord, epochUnder, foundingEpoch } from './epoch.ts'
import type { Governance } from './governance.ts'
import { type Guide, NO_GUIDE } from './guide.ts'
import { createMembers, type Members } from './members.ts'
import type { Roster } from './roster.ts'

/** A peer's own roster, and how it changes. */
export interface LiveRoster extends Roster {
  readonly changes: Pick<Members, 'admit' | 'revoke'>
  /** Begins the next epoch; all of them are kept, since certificates of each are met. */
  enter(out: Outbox, governance: Governance, decision: Digest): void
  restore(record: StoredRecord): boolean
}

export function createRoster(charter: Charter, guide: Guide = NO_GUIDE): LiveRoster {
  const guides = new Set(guide.peers)
  const members = createMembers(charter)
  const epochs: Epoch[] = [foundingEpoch(charter)]
  let epoch = foundingEpoch(charter)
  let positions = new Map<PeerId, number>()

  function turnTo(next: Epoch): void {
    epochs[next.number] = next
    // Records come back in any order: the newest is the current one.
    if (next.number < epoch.number) return
    epoch = next
    positions = new Map(next.witnesses.map((peer, at) => [peer, at]))
  }

  turnTo(epoch)
  return {
    swarm: swarmIdOf(charter),
    charter,
    get epoch() {
      return epoch
    },
    get governance() {
      return epoch.governance
    },
    // A revoked witness goes on until the epoch that drops it: else a revocation could take the quorum away.
    member: (peer) => members.get(peer, positions.has(peer)),
    members: () => members.all((peer) => positions.has(peer)),
    isRevoked: members.isRevoked,
    epochOf: (number) => epochs[number],
    isWitness: (peer) => positions.has(peer),
    isContact: (peer) =>
      members.get(peer, positions.has(peer)) !== undefined ||
      positions.has(peer) ||
      (guides.has(peer) && !members.isRevoked(peer)),
    mayBegin: (number, decision) => (guide.epochs[number - 1] ?? decision) === decision,
    guidedTo: guide.epochs.length,
    witnessPosition: (peer) => positions.get(peer) ?? -1,
    everNamed: (what, name) => epochs.some(({ governance }) => isNamed(governance, what, name)),
    changes: members,
    enter(out, governance, decision) {
      const concerned = new Set([...epoch.witnesses, ...governance.witnesses])
      const number = epoch.number + 1
      turnTo(epochUnder(number, governance, decision))
      out.write(keys.epoch(number), encodeBody(epochRecord, { number, governance, decision }))
      for (const key of concerned) out.emit({ type: 'roster', key })
    },
    restore(record) {
      if (!record.key.startsWith(PREFIXES.epoch)) return members.restore(record)
      const { number, governance, decision } = decodeRecord(epochRecord, record.value, record.key)
      turnTo(epochUnder(number, governance, decision))
      return true
    },
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
