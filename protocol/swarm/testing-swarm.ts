import { hash } from '../crypto/digest.ts'
import { createNobleSigner } from '../crypto/noble-signer.ts'
import type { Signer } from '../crypto/signer.ts'
import type { PeerId } from '../ids.ts'
import { rosterOf } from './live-roster.ts'
import type { Roster } from './roster.ts'

export interface TestingSwarm {
  readonly signers: readonly Signer[]
  readonly ids: readonly PeerId[]
  readonly roster: Roster
}

/** For tests: four witnesses with fixed keys, so one of them may lie. The first holds the treasury. */
export function fourWitnesses(): TestingSwarm {
  const first = createNobleSigner(new Uint8Array(32).fill(1))
  const signers = [first, ...[2, 3, 4].map((seed) => createNobleSigner(new Uint8Array(32).fill(seed)))]
  const ids = signers.map(({ id }) => id)
  const roster = rosterOf({
    name: 'test',
    random: new Uint8Array(32),
    operators: { keys: ids, needed: 1 },
    founders: ids.map((peer) => ({ peer, roles: ['peer', 'witness'], operator: peer })),
    witnesses: ids.toSorted(),
    minters: [],
    treasury: first.id,
    admission: 'invite',
    guests: false,
    diversity: 'peer',
    params: { priorTrust: 500_000, minConfidence: 0, fee: 0n, maxPrice: 1n, trustBidders: 0 },
    rules: hash('test', new Uint8Array(0)),
  })
  return { signers, ids, roster }
}
