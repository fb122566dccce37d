import { type Decision, instanceCodec, valueDigestOf } from '../../agreement/messages.ts'
import { decodeRecord, encodeBody } from '../../encoding/body.ts'
import { digest, flag, type Infer, list, struct, uint } from '../../encoding/codec.ts'
import { type Digest, type EntryId, type InstanceId, parseResolveInstance, type PeerId } from '../../ids.ts'
import type { MessageOf } from '../../intake/message.ts'
import { entryIdOf } from '../../ledger/entry.ts'
import type { Fact } from '../../ledger/fact.ts'
import { leafKeyOf } from '../leaves.ts'
import { LIMITS, TIMES } from '../../params.ts'
import type { LoadPurpose } from '../../peer/effect.ts'
import type { Outbox } from '../../peer/outbox.ts'
import type { RecordServer } from '../serve.ts'
import { keys } from '../../records/keys.ts'
import type { StoredRecord } from '../../records/record.ts'
import type { StateDigest } from '../state-digest.ts'
import { ClosedState, type OwnState } from './closed-state.ts'
import { encodeClosing } from './closing-part.ts'
import type { LeafContent } from './leaf-content.ts'
import { stepOf } from './trail.ts'

const LISTED_MAX = LIMITS.handoverChunks * LIMITS.listed
const listedCodec = struct({
  /** Entries that alone are listed for their place. */
  entries: list(digest<EntryId>(), { max: LISTED_MAX }),
  decisions: list(struct({ instance: instanceCodec, value: digest() }), { max: LISTED_MAX }),
})
/** What may still be taken of a closed epoch beyond what its root holds; a later one's handover lists it again. */
export type Listed = Infer<typeof listedCodec>

/** What the decision on an epoch says of the one that it closes (5.6). */
export interface Closed {
  /** The epoch that ended. */
  readonly number: number
  /** Root of the state that the closing witnesses had all come to. */
  readonly root: Digest
  readonly listed: Listed
}

/** `wait`: not known yet; whoever lacks the fact is brought it again. */
export type Admission = 'admit' | 'known' | 'refuse' | 'wait'

const ASK_TIMER = 'closing/ask'

/** Buckets asked for side by side: at 40 KiB each they fill a fast connection, and no queue. */
const ASKED_AT_ONCE = 8

const recordCodec = struct({ number: uint(), root: digest(), listed: listedCodec, isLevel: flag })

export interface ClosingParts {
  readonly digest: StateDigest
  readonly own: OwnState
  /** What this peer's own leaves of a bucket stand for. */
  readonly contentsOf: (bucket: number) => readonly LeafContent[]
}

/**
 * Admits facts of closed epochs (5.6): only what the newest closed state holds or lists. Whoever has left may have
 * lost its key, so a quorum of a closed epoch proves nothing by itself: a swarm founded by one would else belong to
 * that one for ever. The newest closed state holds all that earlier ones held.
 *
 * A peer that had come to the very root when it applied the decision knows everything the state holds: it
 * admits nothing more but what is listed, and keeps the state's leaves for those who come later. Any other
 * fetches them (`ClosedState`). Written in the batch of the decision: the `closing` record and the leaves, so a crash
 * leaves the old epoch, or the new one with all of it. What a peer has fetched is lost in a crash and fetched again.
 */
export class Closing {
  readonly #parts: ClosingParts
  #closed: Closed | undefined
  #entries: ReadonlySet<EntryId> = new Set()
  #decisions: ReadonlyMap<InstanceId, Digest> = new Map()
  /** Undefined once this peer has all that the closed state holds. */
  #behind: ClosedState | undefined
  /** A peer that knows the epoch, to be asked next. */
  #source: PeerId | undefined
  /** The last bucket asked for in this turn. */
  #asked = -1

  constructor(parts: ClosingParts) {
    this.#parts = parts
  }

  /** Whether this peer has come to everything that was certified in closed epochs. */
  get isLevel(): boolean {
    return this.#behind === undefined
  }

  restore({ key, value }: StoredRecord): boolean {
    if (key !== keys.closing) return false
    const { isLevel, ...closed } = decodeRecord(recordCodec, value, key)
    this.#hold(closed, isLevel)
    return true
  }

  /** The decision on an epoch is applied; the state digest is still what it was before. */
  close(out: Outbox, closed: Closed): void {
    const { digest: state, contentsOf } = this.#parts
    const isLevel = state.root() === closed.root
    this.#hold(closed, isLevel)
    this.#save(out)
    if (!isLevel) return this.#ask(out)
    // The roster names the next epoch already.
    const contentAt = (leaf: LeafContent) =>
      leaf.type === 'epoch' ? { ...leaf, epoch: closed.number } : leaf
    const [buckets, ...leaves] = encodeClosing(state.buckets(), (bucket) => contentsOf(bucket).map(contentAt))
    if (buckets !== undefined) out.write(keys.statePart(null), buckets)
    leaves.forEach((part, bucket) => out.write(keys.statePart(bucket), part))
  }

  #hold(closed: Closed, isLevel: boolean): void {
    this.#closed = closed
    this.#entries = new Set(closed.listed.entries)
    this.#decisions = new Map(closed.listed.decisions.map(({ instance, value }) => [instance, value]))
    this.#behind = isLevel ? undefined : new ClosedState(closed.root, this.#parts.own)
  }

  #save(out: Outbox): void {
    const closed = this.#closed
    if (closed !== undefined)
      out.write(keys.closing, encodeBody(recordCodec, { ...closed, isLevel: this.isLevel }))
  }

  /** What becomes of a fact that a quorum of a closed epoch signed: `known` and `refuse` change nothing. */
  admits(fact: Fact): Admission {
    // Before this peer is level it can't tell what builds on what is listed.
    if (this.#isListed(fact)) return this.isLevel ? 'admit' : 'wait'
    if (fact.type === 'decision' && fact.decision.value.type === 'resolve')
      return this.#judgeResolution(fact.decision)
    const step = stepOf(fact)
    if (step === undefined) return 'refuse'
    if (step.position < this.#parts.own.standing(step.chain).next)
      return this.#behind?.hasSurfaced(step.id) === true ? 'admit' : 'known'
    return this.#behind?.judgeStep(step) ?? 'refuse'
  }

  #isListed(fact: Fact): boolean {
    if (fact.type === 'certificate') return this.#entries.has(entryIdOf(fact.certificate.entry))
    return this.#decisions.get(fact.decision.instance) === valueDigestOf(fact.decision.value)
  }

  #judgeResolution(decision: Decision): Admission {
    const { instance, value } = decision
    const place = parseResolveInstance(instance)
    if (place === undefined || value.type !== 'resolve') return 'refuse'
    const leaf = leafKeyOf(place.account, place.number)
    const digestOf = valueDigestOf(value)
    const own = this.#parts.own
    if (own.resolution(leaf) !== undefined) return 'known'
    const step = stepOf({ type: 'decision', decision })
    // Where its chain hasn't come to it yet, it is a step of the trail like any entry.
    if (step !== undefined && own.standing(step.chain).next < step.position) {
      this.#behind?.judgeStep(step)
      return this.#behind === undefined ? 'refuse' : 'wait'
    }
    return this.#behind?.judgeResolution(leaf, digestOf) ?? 'refuse'
  }

  /** From where a chain is to be asked for, if that isn't where this peer stands. */
  nextOf(chain: string): number | undefined {
    return this.#behind?.nextOf(chain)
  }

  /** Another peer that knows this epoch: what is missing is asked of the one heard last. */
  heard(out: Outbox, peer: PeerId): void {
    if (this.#behind === undefined) return
    const isFirst = this.#source === undefined
    this.#source = peer
    this.#behind.wake()
    if (isFirst) this.#ask(out)
  }

  /** The state moved: true when this peer has come to the closed one by it. */
  advance(out: Outbox): boolean {
    if (this.#behind?.isReached() !== true) return false
    this.#behind = undefined
    out.cancelTimer(ASK_TIMER)
    this.#save(out)
    return true
  }

  /** Asks from the beginning for what is missing still. */
  #ask(out: Outbox): void {
    this.#asked = -1
    this.#askFor(out, ASKED_AT_ONCE)
  }

  #askFor(out: Outbox, count: number): void {
    const wanted = this.#behind?.wanted(this.#asked, count) ?? []
    const { number } = this.#closed ?? {}
    if (wanted.length === 0 || number === undefined || this.#source === undefined) return
    for (const bucket of wanted) {
      out.send(this.#source, 'closing-request', { number, bucket })
      this.#asked = bucket ?? this.#asked
    }
    out.timer(ASK_TIMER, TIMES.retryMsMax)
  }

  onRequest(
    out: Outbox,
    { from, body }: MessageOf<'closing-request'>,
    serve: Pick<RecordServer, 'record'>,
  ): void {
    if (body.number !== this.#closed?.number) return
    serve.record(out, from, keys.statePart(body.bucket), { type: 'closing', to: from, ...body })
  }

  /** The peer that is asked gives nothing for this time. */
  onBusy(out: Outbox, from: PeerId, afterMs: number): void {
    if (this.#behind !== undefined && from === this.#source) out.timer(ASK_TIMER, afterMs)
  }

  onReply(out: Outbox, { body }: MessageOf<'closing-reply'>): void {
    const { number, bucket, part, body: encoded } = body
    if (part === undefined || number !== this.#closed?.number) return
    if (this.#behind?.take(bucket, part) !== true) return
    // Kept for those who come later.
    out.write(keys.statePart(bucket), encoded)
    // The rest of what was asked for is on its way.
    if (bucket === null) this.#ask(out)
    else this.#askFor(out, 1)
  }

  onLoaded(
    out: Outbox,
    [body]: readonly (Uint8Array | undefined)[],
    { to, number, bucket }: Extract<LoadPurpose, { type: 'closing' }>,
  ): void {
    // Another epoch may have been closed while the record was read.
    if (body === undefined || number !== this.#closed?.number) return
    out.send(to, 'closing-reply', { number, bucket, body })
  }

  onTimer(out: Outbox, id: string): boolean {
    if (id !== ASK_TIMER) return false
    this.#ask(out)
    return true
  }
}
