import { formatCredits } from '../../protocol/api/credits.ts'
import type { Model, Node } from '../../protocol/api/network-schema.ts'
import type { Digest } from '../../protocol/ids.ts'
import { PPM } from '../../protocol/params.ts'
import type { NodeView } from '../../protocol/peer/view.ts'
import type { Backend } from './backend.ts'
import { timeOf } from './job-resource.ts'

interface OfferedModel {
  readonly name: string
  readonly digest: Digest
  readonly warm: boolean
  readonly price: bigint
}

function modelsOf({ heartbeat }: NodeView): readonly OfferedModel[] {
  return heartbeat?.nodes.flatMap(({ models }) => models) ?? []
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** What a member said last of its machines, taken together: elections know members, not machines. */
function hardwareOf({ heartbeat }: NodeView) {
  const nodes = heartbeat?.nodes ?? []
  return {
    vram_free_mb: sum(nodes.map(({ vramFreeMb }) => vramFreeMb)),
    vram_total_mb: sum(nodes.map(({ vramTotalMb }) => vramTotalMb)),
    load: nodes.length === 0 ? 0 : sum(nodes.map(({ loadMilli }) => loadMilli)) / nodes.length / 1_000,
    slots: sum(nodes.map(({ slots }) => slots)),
    execution_modes: [...new Set(nodes.flatMap(({ modes }) => modes))],
    region: nodes.find(({ region }) => region !== '')?.region ?? null,
  }
}

function nodeResource(backend: Backend, node: NodeView): Node {
  const { peer, heartbeat } = node
  const trust = backend.view.trust()
  const bearer = { peer, operator: node.operator ?? undefined }
  const link = backend.network.connections().find((connection) => connection.peer === peer)
  return {
    node_id: peer,
    operator: node.operator,
    self: peer === backend.view.self,
    witness: node.witness,
    status: node.status,
    last_seen: node.lastSeenMs === undefined ? null : timeOf(node.lastSeenMs),
    latency_ms: link?.latencyMs ?? null,
    models: modelsOf(node).map(({ price, ...model }) => ({
      ...model,
      price: formatCredits(price),
      trust: trust.row(bearer, model.digest).trust / PPM,
    })),
    ...hardwareOf(node),
    addresses: [...(heartbeat?.addresses ?? [])],
    version: heartbeat?.version ?? null,
    ledger_root: heartbeat?.root ?? null,
  }
}

export function offering(backend: Backend): readonly NodeView[] {
  return backend.view
    .nodes(backend.now())
    .filter((node) => node.status !== 'offline' && modelsOf(node).length > 0)
}

/** All members, by id: a stable order to page through. */
export function nodeResources(backend: Backend): readonly Node[] {
  const nodes = [...backend.view.nodes(backend.now())].sort((a, b) => (a.peer < b.peer ? -1 : 1))
  return nodes.map((node) => nodeResource(backend, node))
}

function modelResource(name: string, offers: readonly OfferedModel[], nodes: number): Model {
  const prices = offers.map(({ price }) => price).sort((a, b) => (a < b ? -1 : 1))
  return {
    name,
    digests: [...new Set(offers.map(({ digest }) => digest))],
    nodes,
    warm: offers.filter(({ warm }) => warm).length,
    price_min: formatCredits(prices[0] ?? 0n),
    price_max: formatCredits(prices.at(-1) ?? 0n),
  }
}

/** Models offered now, the most offered first and then by name. */
export function modelResources(backend: Backend): readonly Model[] {
  const byName = new Map<string, { readonly offers: OfferedModel[]; readonly peers: Set<string> }>()
  for (const node of offering(backend)) {
    for (const offer of modelsOf(node)) {
      const entry = byName.get(offer.name) ?? { offers: [], peers: new Set() }
      entry.offers.push(offer)
      entry.peers.add(node.peer)
      byName.set(offer.name, entry)
    }
  }
  const models = [...byName].map(([name, { offers, peers }]) => modelResource(name, offers, peers.size))
  return models.sort((a, b) => b.nodes - a.nodes || (a.name < b.name ? -1 : 1))
}
