import type { Verifier } from '../../protocol/crypto/verifier.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import type { Backend, ConnectionView } from '../api/backend.ts'
import type { SwarmPort } from '../api/swarm-port.ts'
import type { ControlPort } from '../api/control-port.ts'
import { createExplainer } from './explain.ts'
import { createTokenFollower } from './token-follower.ts'
import { createInjector } from './inject.ts'
import { createHistory, createLedgerHistory } from './history.ts'
import type { MindHost } from './mind-host.ts'
import type { Bodies, ColdRecords, Judge, Wire } from './ports.ts'

interface Link extends Omit<ConnectionView, 'agent' | 'latencyMs'> {
  readonly agent?: string | undefined
  readonly latencyMs?: number | undefined
}

interface BackendParts {
  readonly view: PeerView
  readonly host: MindHost
  readonly network: Pick<Wire, 'publish' | 'readTokens'> & {
    addresses(): readonly string[]
    connections(): readonly Link[]
    refusedBy(): readonly PeerId[]
  }
  readonly store: ColdRecords
  readonly bodies: Bodies
  readonly judge: Judge
  readonly now: () => number
  readonly verifier: Verifier
  readonly swarm: SwarmPort
  readonly control: ControlPort
}

/** What the API sees of a running peer. */
export function createBackend(parts: BackendParts): Backend {
  const { view, host, network, store, bodies, judge, now, verifier, swarm, control } = parts
  const history = createHistory(store, view)
  return {
    view,
    now,
    swarm,
    control,
    command: (command) => host.command(command),
    changeEpoch: (command) => host.changeEpoch(command),
    putBlob: (bytes) => bodies.put(bytes),
    getBlob: (digest) => bodies.get(digest),
    history,
    ledger: createLedgerHistory(store, view.roster, verifier),
    inject: createInjector({ self: view.self, host, wire: network }),
    network: {
      addresses: () => network.addresses(),
      connections: () => network.connections().map(connectionOf),
      refusedBy: () => network.refusedBy(),
    },
    subscribe: (listener) => host.subscribe(listener),
    followTokens: createTokenFollower({
      view,
      wire: network,
      own: host.tokens,
      subscribe: (listener) => host.subscribe(listener),
    }),
    explain: createExplainer({
      history,
      store,
      bodies,
      judge,
      roster: view.roster,
      verifier,
      rules: swarm.rules,
    }),
  }
}

function connectionOf({ peer, address, direction, agent, latencyMs }: Link): ConnectionView {
  const about = {
    ...(agent === undefined ? {} : { agent }),
    ...(latencyMs === undefined ? {} : { latencyMs }),
  }
  return { peer, address, direction, ...about }
}
