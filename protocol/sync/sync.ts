import type { Signer } from '../crypto/signer.ts'
import type { PeerId } from '../ids.ts'
import type { Message } from '../intake/message.ts'
import type { Fact } from '../ledger/fact.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Roster } from '../swarm/roster.ts'
import { type Announcer, createAnnouncer, fetchAnnounced } from './announce.ts'
import { createFacts, type Facts, type FactsParts } from './facts.ts'
import { createReconcile, type Reconcile } from './reconcile.ts'
import { createServe, type FactServer, type Serve } from './serve.ts'
import type { Closing } from './closing/closing.ts'
import { type Heads, TRUST_KEY } from './leaves.ts'
import type { StateDigest } from './state-digest.ts'

export interface SyncOptions extends Omit<FactsParts, 'self' | 'passed'> {
  readonly signer: Signer
  readonly roster: Roster
  readonly digest: StateDigest
  readonly closing: Closing
  /** A peer has given what it had and this one lacked. */
  readonly pulled: (out: Outbox, peer: PeerId) => void
}

type SyncKind =
  | 'facts'
  | 'announce'
  | 'sync-root'
  | 'sync-buckets'
  | 'sync-leaves-request'
  | 'sync-leaves'
  | 'sync-fetch'
  | 'sync-busy'
  | 'closing-request'
  | 'closing-reply'
export type SyncMessage = Extract<Message, { kind: SyncKind }>

/** How facts reach this peer and others: the pool that applies them, gossip about new ones, reconciliation. */
export interface Sync {
  readonly facts: Facts
  readonly announce: Announcer
  /** For every part that answers a peer with facts. */
  readonly serve: FactServer
  start(out: Outbox): void
  readonly compare: Reconcile['compare']
  onConnected(out: Outbox, peer: PeerId): void
  onDisconnected(out: Outbox, peer: PeerId): void
  onMessage(out: Outbox, message: SyncMessage): void
  /** For `loaded` with the purposes `serve` and `positions`. */
  onLoaded: Serve['onLoaded']
  /** True when the timer is sync's. */
  onTimer(out: Outbox, id: string): boolean
}

export function createSync({ signer, roster, digest, heads, closing, pulled, ...apply }: SyncOptions): Sync {
  const passed = (fact: Fact, from: PeerId) => closing.passed(fact, from)
  const facts = createFacts({ self: signer.id, heads, passed, ...apply })
  const announce = createAnnouncer(signer, roster.swarm)
  const serve = createServe({ heads, digest })
  const reconcile = createReconcile({
    headsFor: (peer) => pulledFrom(peer, heads, closing),
    digest,
    serve,
    ended: pulled,
    epoch: () => roster.epoch.number,
    closing,
  })
  return {
    facts,
    announce,
    serve,
    start: reconcile.start,
    compare: reconcile.compare,
    onConnected: reconcile.onConnected,
    onDisconnected: reconcile.onDisconnected,
    onMessage(out, message) {
      const { from } = message
      switch (message.kind) {
        case 'facts':
          for (const fact of message.body.facts) facts.apply(out, fact, from)
          if (message.body.facts.length === 0) reconcile.onFetched(out, from)
          else reconcile.onProgress(out, from)
          return
        case 'announce':
          return fetchAnnounced(out, message, { heads, isConnected: reconcile.isConnected })
        case 'sync-root':
          return reconcile.onRoot(out, from, message.body)
        case 'sync-buckets':
          return reconcile.onBuckets(out, from, message.body.buckets)
        case 'sync-leaves-request':
          return serve.onLeavesRequest(out, from, message.body)
        case 'sync-leaves':
          return reconcile.onLeaves(out, from, message.body)
        case 'sync-fetch':
          serve.onFetch(out, from, message.body)
          return
        case 'closing-request':
          return closing.onRequest(out, message)
        case 'closing-reply':
          return closing.onReply(out, message)
        case 'sync-busy':
          return reconcile.onBusy(out, from, message.body.afterMs)
      }
    },
    onLoaded: serve.onLoaded,
    onTimer: (out, id) =>
      closing.onTimer(out, id) ||
      facts.onTimer(out, id) ||
      announce.onTimer(out, id) ||
      reconcile.onTimer(out, id),
  }
}

/** Where chains are asked for from: a closed chain is first followed to its end, which moves nothing yet. */
function pulledFrom(peer: PeerId, heads: Heads, closing: Closing): Heads {
  return {
    ...heads,
    nextSeq: (account) => closing.nextOf(account, peer) ?? heads.nextSeq(account),
    jobStep(job) {
      const next = closing.nextOf(job, peer)
      return next === undefined ? heads.jobStep(job) : next - 1
    },
    trust: () => (closing.nextOf(TRUST_KEY, peer) ?? heads.trust() + 1) - 1,
  }
}
