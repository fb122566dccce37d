import { type Static, Type } from 'typebox'
import { count, credits, digest, nullable, peerId, share, time } from './fields.ts'

const supplySchema = Type.Object(
  {
    minted: credits(),
    free: credits('On accounts'),
    unclaimed: credits('Paid out and not claimed yet'),
    escrowed: credits('In motion: set aside in open jobs'),
    burnt: credits(),
  },
  { description: 'minted = free + unclaimed + escrowed + burnt' },
)

export const statsSchema = Type.Object({
  at: time('When it was read'),
  swarm_id: digest(),
  swarm_name: Type.String(),
  peer_id: peerId('Who answers'),
  peers: Type.Object({
    members: count('Of the swarm'),
    witnesses: count('Who certify'),
    connected: count('To this peer'),
    online: count('Seen lately, this peer included'),
  }),
  nodes: count('Members that offer a model now'),
  models: count('Different models offered now'),
  jobs: Type.Object({
    open: count(),
    completed: count(),
    unresolved: count(),
    void: count(),
    per_minute: count('Closed within the last minute'),
  }),
  ledger: Type.Object({ root: digest(), entries: count(), supply: supplySchema }),
  frames: Type.Object({
    accepted: count('Messages taken'),
    dropped: Type.Record(Type.String(), Type.Integer(), { description: 'Messages refused, by code' }),
  }),
})
export type NetworkStats = Static<typeof statsSchema>

export const nodeSchema = Type.Object({
  node_id: peerId(),
  operator: Type.String(),
  self: Type.Boolean({ description: 'Whether it is the peer that answers' }),
  witness: Type.Boolean(),
  status: Type.Enum(['online', 'late', 'offline']),
  last_seen: nullable(time()),
  latency_ms: nullable(
    Type.Number({ minimum: 0, description: 'Round trip from this peer; null without a connection' }),
  ),
  models: Type.Array(
    Type.Object({
      name: Type.String(),
      digest: digest('Of the weights'),
      warm: Type.Boolean({ description: 'Loaded, so it starts at once' }),
      price: credits('Per replica'),
      trust: share('Lower bound by what it did with this model, as of the newest trust snapshot'),
    }),
  ),
  vram_free_mb: count(),
  vram_total_mb: count(),
  load: share(),
  slots: count('Jobs that it runs at once'),
  execution_modes: Type.Array(Type.String()),
  region: nullable(Type.String()),
  addresses: Type.Array(Type.String({ description: 'Multiaddr' })),
  version: nullable(Type.String()),
  ledger_root: nullable(digest('As it said last')),
})
export type Node = Static<typeof nodeSchema>

export const modelSchema = Type.Object({
  name: Type.String(),
  digests: Type.Array(digest()),
  nodes: count('That offer it now'),
  warm: count('That have it loaded'),
  price_min: credits(),
  price_max: credits(),
})
export type Model = Static<typeof modelSchema>

export const ACCOUNT_TYPES = ['user', 'node', 'treasury', 'token'] as const

export const accountSchema = Type.Object({
  account_id: peerId(),
  account_type: Type.Enum(ACCOUNT_TYPES),
  free: credits(),
  claimable: credits('Paid to it and claimed with its next entry'),
  spendable: credits('free + claimable'),
  escrowed: credits('Set aside in its open jobs'),
  forked: Type.Boolean({
    description: 'Whether a proof is known that its owner signed two entries for one place of its chain',
  }),
  seq: count('Certified entries'),
  head: nullable(digest('Its newest entry; null before the first')),
})
export type Account = Static<typeof accountSchema>

export const ledgerRootSchema = Type.Object({
  peer_id: peerId('Who answers'),
  root: digest('Equal roots mean equal ledgers'),
  entries: count(),
  converged: Type.Boolean({ description: 'Whether every online member last reported this root' }),
  reported: Type.Array(Type.Object({ node_id: peerId(), root: digest(), seen_at: time() })),
})
export type LedgerRoot = Static<typeof ledgerRootSchema>

export const selfSchema = Type.Object({
  peer_id: peerId('Also its default account'),
  operator: nullable(Type.String()),
  witness: Type.Boolean(),
  votes: Type.Boolean({
    description: 'False for a witness whose store lost records: it never votes again and is to be replaced',
  }),
  swarm_id: digest(),
  swarm_name: Type.String(),
  treasury: peerId(),
  version: Type.String(),
  addresses: Type.Array(Type.String({ description: 'Multiaddr to attach to' })),
  connections: Type.Array(
    Type.Object({
      peer_id: peerId(),
      address: Type.String(),
      direction: Type.Enum(['inbound', 'outbound']),
      agent: nullable(Type.String()),
      latency_ms: nullable(Type.Number({ minimum: 0 })),
    }),
  ),
})
export type Self = Static<typeof selfSchema>

export const healthSchema = Type.Object({ status: Type.Literal('ok'), version: Type.String() })
export const readySchema = Type.Object({
  status: Type.Literal('ready'),
  witnesses_reached: count('This peer included, if it is one'),
  witnesses_needed: count('To certify anything'),
})
