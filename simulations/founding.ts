import type { Signer } from '../protocol/crypto/signer.ts'
import type { Digest } from '../protocol/ids.ts'
import type { Charter } from '../protocol/swarm/charter.ts'
import type { Random } from './random.ts'

/** What a world may choose of its charter; money is in units. */
export interface CharterParams {
  readonly diversity: Charter['diversity']
  readonly params: Charter['params']
}

export interface Founder {
  readonly signer: Signer
  readonly operator: string
  readonly witness: boolean
}

export interface Founding {
  /** The first of them is operator and minter. */
  readonly founders: readonly [Founder, ...Founder[]]
  readonly treasury: Signer
  readonly rules: Digest
  readonly charter: CharterParams
  readonly random: Random
}

/** The charter of a swarm whose members are known from the start. */
export function foundSwarm({ founders, treasury, rules, charter, random }: Founding): Charter {
  const [first] = founders
  const witnesses = founders.filter(({ witness }) => witness).map(({ signer }) => signer.id)
  return {
    name: 'simulated',
    random: random.bytes(32),
    operators: { keys: [first.signer.id], needed: 1 },
    founders: founders.map(({ signer, operator, witness }) => ({
      peer: signer.id,
      roles: witness ? ['peer', 'witness'] : ['peer'],
      operator,
    })),
    witnesses: witnesses.sort((a, b) => (a < b ? -1 : 1)),
    minters: [first.signer.id],
    treasury: treasury.id,
    admission: 'invite',
    guests: false,
    rules,
    ...charter,
  }
}
