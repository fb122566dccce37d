import { type Decision, valueDigestOf } from '../../agreement/messages.ts'
import { decodeRecord, encodeBody } from '../../encoding/body.ts'
import { digest, flag, struct, uint } from '../../encoding/codec.ts'
import { type Digest, parseResolveInstance, type PeerId } from '../../ids.ts'
import type { MessageOf } from '../../intake/message.ts'
import { entryIdOf, type SignedEntry } from '../../ledger/entry.ts'
import type { Fact } from '../../ledger/fact.ts'
import { leafKeyOf } from '../leaves.ts'
import { TIMES } from '../../params.ts'
import type { LoadPurpose } from '../../peer/effect.ts'
import type { Outbox } from '../../peer/outbox.ts'
import { astrayRecord } from '../../records/astray.ts'
import type { RecordServer } from '../serve.ts'
import { keys } from '../../records/keys.ts'
import type { StoredRecord } from '../../records/record.ts'
import type { StateDigest } from '../state-digest.ts'
import { ClosedState, type OwnState } from './closed-state.ts'
import { encodeBuckets, encodeKept, encodeLeaves, keptOf } from './closing-part.ts'
import type { Fetched, Request } from './fetching.ts'
import type { LeafContent } from './leaf-content.ts'
import { type Listed, listedCodec, ListedFacts } from './listed.ts'
import { stepOf } from './trail.ts'

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

const recordCodec = struct({ number: uint(), root: digest(), listed: listedCodec, isLevel: flag })

export interface ClosingParts {
  readonly digest: StateDigest
  readonly own: OwnState
  /** The epoch whose handover listed an entry's place first; undefined where none lists it. */
  readonly listedSince: (entry: SignedEntry) => number | undefined
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
  #listed: ListedFacts | undefined
  /** Undefined once this peer has all that the closed state holds. */
  #behind: ClosedState | undefined
  #isAstray = false
  #isArmed = false

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
    const { digest: state, own } = this.#parts
    const isLevel = state.root() === closed.root
    this.#hold(closed, isLevel)
    this.#save(out)
    // The others may have come to what this peer had alone: where it stands is another question now.
    if (this.#isAstray) out.write(keys.astray, null)
    this.#isAstray = false
    if (!isLevel) return this.#ask(out)
    // The roster names the next epoch already.
    const contentAt = (leaf: LeafContent) =>
      leaf.type === 'epoch' ? { ...leaf, epoch: closed.number } : leaf
    const buckets = state.buckets()
    this.#keep(out, closed.number, { bucket: null, buckets })
    for (const bucket of buckets.keys())
      this.#keep(out, closed.number, { bucket, leaves: own.contentsOf(bucket).map(contentAt) })
  }

  /** For those who come later: in place of what an earlier epoch left, as far as it goes. */
  #keep(out: Outbox, number: number, piece: Fetched): void {
    const pages = piece.bucket === null ? [encodeBuckets(piece.buckets)] : encodeLeaves(piece.leaves)
    for (const [at, page] of pages.entries())
      out.write(keys.statePart(piece.bucket, at), encodeKept(number, page))
  }

  #hold(closed: Closed, isLevel: boolean): void {
    this.#closed = closed
    const listed = new ListedFacts(closed.listed)
    this.#listed = listed
    this.#behind = isLevel ? undefined : new ClosedState(closed.root, this.#parts.own, listed)
  }

  #save(out: Outbox): void {
    const closed = this.#closed
    if (closed !== undefined)
      out.write(keys.closing, encodeBody(recordCodec, { ...closed, isLevel: this.isLevel }))
  }

  /** What becomes of a fact that a quorum of a closed epoch signed: `known` and `refuse` change nothing. */
  admits(fact: Fact, from: PeerId): Admission {
    // Before this peer is level it can't tell what builds on what is listed.
    if (this.#isListed(fact)) return this.isLevel ? 'admit' : 'wait'
    if (fact.type === 'decision' && fact.decision.value.type === 'resolve')
      return this.#judgeResolution(fact.decision, from)
    const step = stepOf(fact)
    if (step === undefined) return 'refuse'
    if (step.position < this.#parts.own.standing(step.chain).next) {
      this.#behind?.passed(step, from)
      return this.#behind?.hasSurfaced(step.id) === true ? 'admit' : 'known'
    }
    return this.#behind?.judgeStep(step, from) ?? 'refuse'
  }

  /** A fact of a place that this peer is past: it shows whether its own part of the chain is the closed one's. */
  passed(fact: Fact, from: PeerId): void {
    const step = this.#behind === undefined ? undefined : stepOf(fact)
    if (step !== undefined) this.#behind?.passed(step, from)
  }

  /** Keys of leaves of which this peer has what nobody else has; it begins its ledger anew with its next start. */
  get astray(): readonly string[] {
    return [...(this.#behind?.astray ?? [])]
  }

  #isListed(fact: Fact): boolean {
    if (fact.type === 'certificate') {
      const { entry, quorum } = fact.certificate
      // Of an earlier epoch there is none (`ledger/adopted`): only keys that were stolen since can make one.
      const since = this.#parts.listedSince(entry)
      return since !== undefined && quorum.epoch >= since && this.#listed?.hasEntry(entryIdOf(entry)) === true
    }
    const { instance, value } = fact.decision
    return this.#listed?.hasDecision(instance, valueDigestOf(value)) === true
  }

  #judgeResolution(decision: Decision, from: PeerId): Admission {
    const { instance, value } = decision
    const place = parseResolveInstance(instance)
    if (place === undefined || value.type !== 'resolve') return 'refuse'
    const leaf = leafKeyOf(place.account, place.number)
    const digestOf = valueDigestOf(value)
    const own = this.#parts.own
    const step = stepOf({ type: 'decision', decision })
    if (own.resolution(leaf) !== undefined) {
      if (step !== undefined) this.#behind?.passed(step, from)
      return 'known'
    }
    // It is a step of its chain like any entry, though named whole by a leaf of its own.
    if (step !== undefined) {
      this.#behind?.judgeStep(step, from)
      if (own.standing(step.chain).next < step.position) return this.#behind === undefined ? 'refuse' : 'wait'
    }
    return this.#behind?.judgeResolution(leaf, digestOf) ?? 'refuse'
  }

  /** This peer begins to pull from another one. */
  pulling(source: PeerId): void {
    this.#behind?.trails.begin(source)
  }

  /** From where a source is to be asked for a chain, if that isn't where this peer stands. */
  nextOf(chain: string, source: PeerId): number | undefined {
    return this.#behind?.trails.nextOf(chain, source)
  }

  /** Another peer that knows this epoch. */
  heard(out: Outbox, peer: PeerId): void {
    if (this.#behind?.fetching.heard(peer) === true) this.#ask(out)
  }

  /** The state moved: true when this peer has come to the closed one by it. */
  advance(out: Outbox): boolean {
    if (this.#behind === undefined) return false
    const isReached = this.#behind.isReached()
    this.#tellAstray(out)
    if (!isReached) return false
    this.#behind = undefined
    out.cancelTimer(ASK_TIMER)
    this.#isArmed = false
    this.#save(out)
    return true
  }

  /** Once it is known, it is known over a restart, which then begins the ledger anew. */
  #tellAstray(out: Outbox): void {
    const { astray } = this
    const closed = this.#closed
    if (this.#isAstray || astray.length === 0 || closed === undefined) return
    this.#isAstray = true
    out.write(keys.astray, astrayRecord({ epoch: closed.number, leaves: astray }))
  }

  #ask(out: Outbox): void {
    const requests = this.#behind?.fetching.next(out.now) ?? []
    for (const request of requests) this.#send(out, request)
    // Once set it fires: else whoever answers now and then would put the next one's turn off for ever.
    if (this.#isArmed || this.#behind?.fetching.isComplete !== false) return
    this.#isArmed = true
    out.timer(ASK_TIMER, TIMES.retryMsMax)
  }

  #send(out: Outbox, { to, bucket, page }: Request): void {
    const { number } = this.#closed ?? {}
    if (number !== undefined) out.send(to, 'closing-request', { number, bucket, page })
  }

  onRequest(
    out: Outbox,
    { from, body }: MessageOf<'closing-request'>,
    serve: Pick<RecordServer, 'record'>,
  ): void {
    const { number, bucket, page } = body
    if (number !== this.#closed?.number) return
    serve.record(out, from, keys.statePart(bucket, page), { type: 'closing', to: from, ...body })
  }

  /** A source gives nothing for now: others are asked for what it was asked for. */
  onBusy(out: Outbox, from: PeerId): void {
    this.#behind?.fetching.rest(from)
    this.#ask(out)
  }

  onReply(out: Outbox, { from, body }: MessageOf<'closing-reply'>): void {
    const { number, bucket, page, part } = body
    if (part === undefined || number !== this.#closed?.number) return
    const taken = this.#behind?.take({ from, bucket, page, part })
    if (taken !== undefined && 'to' in taken) this.#send(out, taken)
    else if (taken !== undefined) this.#keep(out, number, taken)
    this.#ask(out)
  }

  onLoaded(
    out: Outbox,
    [kept]: readonly (Uint8Array | undefined)[],
    { to, number, bucket, page }: Extract<LoadPurpose, { type: 'closing' }>,
  ): void {
    // Another epoch may have been closed while the record was read.
    if (kept === undefined || number !== this.#closed?.number) return
    // A peer that is still fetching this epoch's state has an earlier one's pages in its store.
    const body = keptOf(number, kept)
    if (body !== undefined) out.send(to, 'closing-reply', { number, bucket, page, body })
  }

  /** The next source has its turn, as long as anything is missing. */
  onTimer(out: Outbox, id: string): boolean {
    if (id !== ASK_TIMER) return false
    this.#isArmed = false
    this.#behind?.fetching.turn(out.now)
    this.#ask(out)
    return true
  }
}
