import { createContext, createMemo, useContext } from 'solid-js'
import type { NetworkStats, Node } from '../../protocol/api/network-schema.ts'
import { client } from './client.ts'
import { isNetworkMessage, numbered } from './messages.ts'
import { createPolled, type Polled } from './polled.ts'
import { createWatch, type Watched } from './watch.ts'

/** Heartbeats come every five seconds at most. */
const NODES_PERIOD_MS = 5_000
const PAGE_LIMIT = 100
/** A thousand nodes are more than a table shows well; a larger swarm needs a search. */
const PAGES_MAX = 10

/** What every page shows of the swarm. */
export interface Swarm {
  readonly stats: Watched<NetworkStats>
  readonly nodes: Polled<readonly Node[]>
  node(id: string): Node | undefined
}

async function allNodes(signal: AbortSignal): Promise<readonly Node[]> {
  const nodes: Node[] = []
  let cursor: string | null = null
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = { limit: PAGE_LIMIT, ...(cursor === null ? {} : { cursor }) }
    const answer: { items: Node[]; next_cursor: string | null } = await client.listNodes(
      { query },
      { signal },
    )
    nodes.push(...answer.items)
    cursor = answer.next_cursor
    if (cursor === null) break
  }
  return nodes
}

export function createSwarm(): Swarm {
  const stats = createWatch<NetworkStats>(() => ({
    url: client.socketUrl('watchNetwork'),
    read: (message) => (isNetworkMessage(message) ? numbered(message, message.stats) : undefined),
    fetch: (signal) => client.getStats({}, { signal }),
  }))
  const nodes = createPolled(allNodes, NODES_PERIOD_MS)
  const byId = createMemo(() => new Map((nodes.value ?? []).map((node) => [node.node_id, node])))
  return { stats, nodes, node: (id) => byId().get(id) }
}

export const SwarmContext = createContext<Swarm>()

/** Throws outside of the shell: a mistake of the page, never of the network. */
export function useSwarm(): Swarm {
  const swarm = useContext(SwarmContext)
  if (swarm === undefined) throw new TypeError('useSwarm is called outside of the shell')
  return swarm
}
