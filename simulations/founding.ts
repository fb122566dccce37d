import type { Signer } from '../protocol/crypto/signer.ts'
import type { Digest } from '../protocol/ids.ts'
import type { Charter } from '../protocol/swarm/charter.ts'
import type { Judge } from './judge.ts'
import type { PeerPlan } from './peer-plan.ts'
import type { Random } from './random.ts'

/** What a world may choose of its charter; money is in units. */
export interface CharterParams {
  readonly diversity: Charter['diversity']
  readonly params: Charter['params']
}

interface Founder {
  readonly signer: Signer
  readonly operator: string
  readonly witness: boolean
}

interface Founding {
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

interface FoundingOptions {
  /** The first is operator and minter. */
  readonly peers: readonly [PeerPlan, ...PeerPlan[]]
  readonly charter: CharterParams
  readonly judge: Pick<Judge, 'rules'>
}

interface Found {
  readonly signers: readonly Signer[]
  readonly charter: Charter
}

/** Keys for a world's members, and the charter of the swarm that they found. */
export function foundWorld(
  options: FoundingOptions,
  random: Random,
  makeSigner: (fork: Random) => Signer,
): Found {
  const signers = signersFor(options.peers, (at) => makeSigner(random.fork(`key ${at}`)))
  const founderOf = (plan: PeerPlan, at: number) => ({
    ...plan,
    signer: signers[at] ?? makeSigner(random.fork(`key ${at}`)),
  })
  const [first, ...others] = options.peers
  const founders = [founderOf(first, 0), ...others.map((plan, at) => founderOf(plan, at + 1))] as const
  const charter = foundSwarm({
    founders: [founders[0], ...founders.slice(1)],
    treasury: makeSigner(random.fork('treasury')),
    rules: options.judge.rules,
    charter: options.charter,
    random: random.fork('charter'),
  })
  return { signers: founders.map(({ signer }) => signer), charter }
}

/** A key for each; whoever is to propose gets the one with the witnesses' lowest id. */
function signersFor(peers: readonly PeerPlan[], make: (at: number) => Signer): readonly Signer[] {
  const signers = peers.map((_, at) => make(at))
  const proposer = peers.findIndex(({ proposes }) => proposes === true)
  const [lowest] = signers
    .filter((_, at) => peers[at]?.witness === true)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const own = signers[proposer]
  if (own === undefined || lowest === undefined) return signers
  return signers.map((signer) => (signer === lowest ? own : signer === own ? lowest : signer))
}
