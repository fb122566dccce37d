import type { Digest, PeerId } from '../ids.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Heads } from './leaves.ts'
import type { Closing } from './closing/closing.ts'
import { NO_FETCH, type SyncLeaves, type SyncRoot } from './messages.ts'
import { createPull, type Pull } from './pull.ts'
import type { Serve } from './serve.ts'
import type { StateDigest } from './state-digest.ts'

const ROUND_TIMER = 'sync/round'
const PULL_TIMER = 'sync/pull'
const RESUME_TIMER = 'sync/resume'

/** A differing root is answered with one's own at most so often: each answer makes the other side look again. */
const ROOT_MS_MIN = 1_000

/** However steadily facts arrive, one request is over after this time: else a drip of them keeps a pull for ever. */
const REQUEST_MS_MAX = 15_000

/** A pull makes room for other waiting peers after this time, so that no slow or lying one holds them up. */
const PULL_MS_MAX = 10_000

/**
 * Anti-entropy (9): compares digests on connection and every `TIMES.syncMs` with one connected peer after
 * another, and pulls what it lacks, from one peer at a time. It only ever pulls; a peer that learns of a
 * differing root starts its own pull. Nothing is persisted: after a restart connections begin anew.
 */
export interface Reconcile {
  start(out: Outbox): void
  onConnected(out: Outbox, peer: PeerId): void
  onDisconnected(out: Outbox, peer: PeerId): void
  isConnected(peer: PeerId): boolean
  /** Looks now whether a peer has something that this one lacks; `ended` follows where it has something else. */
  compare(out: Outbox, peer: PeerId): void
  onRoot(out: Outbox, from: PeerId, said: SyncRoot): void
  onBuckets(out: Outbox, from: PeerId, buckets: readonly (Digest | null)[]): void
  onLeaves(out: Outbox, from: PeerId, leaves: SyncLeaves): void
  /** An empty `facts` message: the answer to a fetch is complete. */
  onFetched(out: Outbox, from: PeerId): void
  /** The peer gives nothing for this time; the pull pauses and then asks again. */
  onBusy(out: Outbox, from: PeerId, afterMs: number): void
  /** Facts arrived, so whoever sends them is alive. */
  onProgress(out: Outbox, from: PeerId): void
  onTimer(out: Outbox, id: string): boolean
}

export interface ReconcileParts {
  /** From where a peer's chains are to be asked for. */
  readonly headsFor: (peer: PeerId) => Heads
  readonly digest: StateDigest
  readonly serve: Pick<Serve, 'onRootDiffers'>
  /** Everything that a peer had and this one lacked was asked for, and was brought as far as it goes. */
  readonly ended: (out: Outbox, peer: PeerId) => void
  readonly epoch: () => number
  readonly closing: Pick<Closing, 'heard' | 'pulling'>
}

export function createReconcile(parts: ReconcileParts): Reconcile {
  const { headsFor, digest, serve, ended, epoch, closing } = parts
  // Connected peers in the order of their turns, each with the time at which it was last sent our root.
  const connected = new Map<PeerId, number>()
  // Peers known to differ, to be asked once the pull in progress has ended.
  const postponed = new Set<PeerId>()
  let pull: Pull | undefined
  /** A peer that knows later epochs, and the one that was asked of it last. */
  let newer: { readonly peer: PeerId; readonly epoch: number; readonly asked: number } | undefined
  let pullSince = 0
  let requestSince = 0

  function sendRoot(out: Outbox, peer: PeerId): void {
    connected.set(peer, out.now)
    out.send(peer, 'sync-root', { root: digest.root(), epoch: epoch() })
  }

  function advance(out: Outbox): void {
    const overdue = postponed.size > 0 && out.now - pullSince >= PULL_MS_MAX
    if (pull !== undefined && overdue) postponed.add(pull.peer)
    else if (pull?.next(out)) {
      requestSince = out.now
      out.timer(PULL_TIMER, TIMES.retryMsMax)
      return
    }
    const done = overdue ? undefined : pull?.peer
    pull = undefined
    out.cancelTimer(PULL_TIMER)
    out.cancelTimer(RESUME_TIMER)
    if (done !== undefined) ended(out, done)
    const [next] = postponed
    if (next === undefined) return
    postponed.delete(next)
    sendRoot(out, next)
  }

  /** Each epoch names the witnesses by whom the next one is checked, so they come one after another. */
  function askForEpoch(out: Outbox, peer: PeerId, until: number): void {
    newer = { peer, epoch: until, asked: epoch() + 1 }
    out.send(peer, 'sync-fetch', { ...NO_FETCH, epoch: newer.asked })
  }

  /** False where this wasn't the answer to a request for an epoch. */
  function onEpoch(out: Outbox, from: PeerId): boolean {
    if (newer?.peer !== from) return false
    const { epoch: until, asked } = newer
    newer = undefined
    if (epoch() < asked) return true
    if (epoch() < until) askForEpoch(out, from, until)
    else sendRoot(out, from)
    return true
  }

  function round(out: Outbox): void {
    out.timer(ROUND_TIMER, TIMES.syncMs)
    const [next] = connected.keys()
    if (next === undefined) return
    // Setting it anew puts it behind all others.
    connected.delete(next)
    sendRoot(out, next)
  }

  return {
    start(out) {
      // The first root after a restore hashes every leaf, 0.15 s for 100,000: done before anyone waits for it.
      digest.root()
      out.timer(ROUND_TIMER, TIMES.syncMs)
    },
    onConnected: sendRoot,
    onDisconnected(out, peer) {
      connected.delete(peer)
      postponed.delete(peer)
      if (newer?.peer === peer) newer = undefined
      if (pull?.peer !== peer) return
      pull = undefined
      advance(out)
    },
    isConnected: (peer) => connected.has(peer),
    compare: sendRoot,
    onRoot(out, from, { root, epoch: other }) {
      // Who speaks is connected, whatever this peer was told of it: else it would never ask that one for anything.
      if (!connected.has(from)) connected.set(from, out.now - ROOT_MS_MIN)
      if (root === digest.root()) return
      // What a later epoch certifies can't be read before that epoch is known.
      if (other > epoch()) return askForEpoch(out, from, other)
      if (other === epoch()) closing.heard(out, from)
      serve.onRootDiffers(out, from)
      const sentAt = connected.get(from)
      if (sentAt !== undefined && pull?.peer !== from && out.now - sentAt >= ROOT_MS_MIN) sendRoot(out, from)
    },
    onBuckets(out, from, buckets) {
      if (!connected.has(from) || pull?.peer === from) return
      if (pull !== undefined) {
        postponed.add(from)
        return
      }
      const own = digest.buckets()
      const differing = own.flatMap((bucket, at) =>
        buckets[at] === bucket || buckets[at] === null ? [] : [at],
      )
      closing.pulling(from)
      pull = createPull(from, headsFor(from), differing)
      pullSince = out.now
      advance(out)
    },
    onLeaves(out, from, leaves) {
      if (pull?.peer !== from) return
      if (pull.onLeaves(leaves)) advance(out)
    },
    onFetched(out, from) {
      if (onEpoch(out, from) || pull?.peer !== from) return
      if (pull.onFetched()) advance(out)
    },
    onBusy(out, from, afterMs) {
      if (pull?.peer !== from || !pull.onBusy()) return
      out.timer(RESUME_TIMER, afterMs)
      out.timer(PULL_TIMER, afterMs + TIMES.retryMsMax)
    },
    onProgress(out, from) {
      const leftMs = requestSince + REQUEST_MS_MAX - out.now
      if (pull?.peer === from && leftMs > 0) out.timer(PULL_TIMER, Math.min(TIMES.retryMsMax, leftMs))
    },
    onTimer(out, id) {
      if (id === ROUND_TIMER) round(out)
      else if (id === RESUME_TIMER) {
        if (pull !== undefined) advance(out)
      } else if (id === PULL_TIMER) {
        pull = undefined
        advance(out)
      } else return false
      return true
    },
  }
}
