import type { Signer } from '../../protocol/crypto/signer.ts'
import { blobRefOf } from '../../protocol/ids.ts'
import { rosterOf } from '../../protocol/swarm/live-roster.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import type { Facts } from '../checkers/checker.ts'
import { createFactReader } from '../checkers/stored-facts.ts'
import { createCrypto } from '../crypto.ts'
import { foundSwarm } from '../founding.ts'
import { createRandom } from '../random.ts'

/** A few witnesses and a minter that isn't one, with keys that are the same every time. */
export interface SmallSwarm {
  readonly witnesses: readonly Signer[]
  readonly minter: Signer
  readonly roster: Roster
  /** What checkers are told; `liars` are held to nothing. */
  facts(liars: readonly Signer[]): Facts
}

export function createSmallSwarm(count: number): SmallSwarm {
  const crypto = createCrypto('keyed-hash')
  const signer = (name: string) => crypto.signer(createRandom(`explorer ${name}`))
  const minter = signer('minter')
  const witnesses = Array.from({ length: count }, (_, at) => signer(`witness ${at}`))
  const founder = (one: Signer, witness: boolean) => ({ signer: one, operator: one.id.slice(-8), witness })
  const charter = foundSwarm({
    founders: [founder(minter, false), ...witnesses.map((one) => founder(one, true))],
    treasury: minter,
    rules: blobRefOf(Uint8Array.of(0)).digest,
    charter: {
      diversity: 'peer',
      params: { priorTrust: 500_000, minConfidence: 0, fee: 0n, maxPrice: 1n, trustBidders: 0 },
    },
    random: createRandom('explorer charter'),
  })
  const roster = rosterOf(charter)
  const founding = { number: 0, ...charter }
  return {
    witnesses,
    minter,
    roster,
    facts(liars) {
      const lying = new Set(liars.map(({ id }) => id))
      const correct = new Set(witnesses.map(({ id }) => id).filter((id) => !lying.has(id)))
      return {
        swarm: roster.swarm,
        epochOf: (number) => (number === 0 ? founding : undefined),
        newestEpoch: () => founding,
        isForged: () => false,
        correct,
        copiers: new Set(),
        now: () => 0,
        written: () => new Map(),
        honest: correct,
        verify: crypto.verify,
        hasLost: () => false,
        freshMind: () => {
          throw new Error('a small swarm has no further minds')
        },
        read: createFactReader(),
        durable: () => new Map(),
      }
    },
  }
}
