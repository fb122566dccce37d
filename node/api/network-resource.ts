import { formatCredits } from '../../protocol/api/credits.ts'
import type { Account, LedgerRoot, NetworkStats, Self } from '../../protocol/api/network-schema.ts'
import type { AccountId, PeerId } from '../../protocol/ids.ts'
import type { Backend } from './backend.ts'
import { timeOf } from './job-resource.ts'
import { modelResources, offering } from './node-resource.ts'

function peersOf(backend: Backend): NetworkStats['peers'] {
  const { view, network } = backend
  return {
    members: [...view.roster.members()].length,
    witnesses: view.roster.epoch.witnesses.length,
    connected: new Set(network.connections().map(({ peer }) => peer)).size,
    online: view.nodes(backend.now()).filter(({ status }) => status === 'online').length,
  }
}

export function statsResource(backend: Backend, jobsPerMinute: number): NetworkStats {
  const { view } = backend
  const { accepted, dropped, jobs, entries } = view.counters()
  const { minted, free, unclaimed, escrowed, burnt } = view.supply()
  return {
    at: timeOf(backend.now()),
    swarm_id: view.swarm,
    swarm_name: view.roster.charter.name,
    peer_id: view.self,
    peers: peersOf(backend),
    nodes: offering(backend).length,
    models: modelResources(backend).length,
    jobs: { open: view.openJobs().length, ...jobs, per_minute: jobsPerMinute },
    ledger: {
      root: view.ledgerRoot(),
      entries,
      supply: {
        minted: formatCredits(minted),
        free: formatCredits(free),
        unclaimed: formatCredits(unclaimed),
        escrowed: formatCredits(escrowed),
        burnt: formatCredits(burnt),
      },
    },
    frames: { accepted, dropped: { ...dropped } },
  }
}

const EMPTY = { free: 0n, claimable: 0n, escrowed: 0n, forked: false, seq: 0 } as const

/** undefined for an account that the ledger never saw, and where the account isn't of that type. */
export function accountResource(
  { view }: Backend,
  type: Account['account_type'],
  id: AccountId,
): Account | undefined {
  const isMember = view.roster.member(id) !== undefined
  const isTreasury = view.roster.charter.treasury === id
  if ((type === 'node' && !isMember) || (type === 'treasury' && !isTreasury) || type === 'token')
    return undefined
  const account = view.account(id)
  if (account === undefined && !isMember && !isTreasury) return undefined
  const { free, claimable, escrowed, forked, seq } = account ?? EMPTY
  return {
    account_id: id,
    account_type: type,
    free: formatCredits(free),
    claimable: formatCredits(claimable),
    spendable: formatCredits(free + claimable),
    escrowed: formatCredits(escrowed),
    forked,
    seq,
    head: account === undefined || seq === 0 ? null : account.head,
  }
}

export function ledgerRootResource(backend: Backend): LedgerRoot {
  const { view } = backend
  const root = view.ledgerRoot()
  const others = view.nodes(backend.now()).filter(({ peer }) => peer !== view.self)
  const reported = others.flatMap(({ peer, heartbeat, lastSeenMs }) =>
    heartbeat === undefined || lastSeenMs === undefined
      ? []
      : [{ node_id: peer, root: heartbeat.root, seen_at: timeOf(lastSeenMs) }],
  )
  const online = others.filter(({ status }) => status === 'online')
  return {
    peer_id: view.self,
    root,
    entries: view.counters().entries,
    converged: online.every(({ heartbeat }) => heartbeat?.root === root),
    reported,
  }
}

export function selfResource({ view, network }: Backend, version: string): Self {
  return {
    peer_id: view.self,
    operator: view.roster.member(view.self)?.operator ?? null,
    witness: view.roster.isWitness(view.self),
    votes: view.duty() === 'active',
    swarm_id: view.swarm,
    swarm_name: view.roster.charter.name,
    treasury: view.roster.charter.treasury,
    version,
    addresses: [...network.addresses()],
    connections: network.connections().map(({ peer, address, direction, agent, latencyMs }) => ({
      peer_id: peer,
      address,
      direction,
      agent: agent ?? null,
      latency_ms: latencyMs ?? null,
    })),
  }
}

/** Witnesses that said of themselves that they may have forgotten votes: none of them ever votes again (4.10). */
export function lostWitnesses({ view, now }: Pick<Backend, 'view' | 'now'>): ReadonlySet<PeerId> {
  const lost = view.nodes(now()).filter(({ witness, heartbeat }) => witness && heartbeat?.lost === true)
  return new Set(lost.map(({ peer }) => peer))
}

/** Witnesses that this peer can ask now and that vote, itself included, and how many it takes to certify. */
export function witnessReach(backend: Backend): {
  readonly reached: number
  readonly needed: number
} {
  const { view, network } = backend
  const connected = new Set<string>(network.connections().map(({ peer }) => peer))
  const lost = lostWitnesses(backend)
  const { witnesses, sizes } = view.roster.epoch
  const reached = witnesses.filter(
    (peer) => !lost.has(peer) && (peer === view.self || connected.has(peer)),
  ).length
  return { reached, needed: sizes.quorum }
}
