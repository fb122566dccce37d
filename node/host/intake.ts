import { mintVerified } from '../../protocol/crypto/verified.ts'
import type { Verifier } from '../../protocol/crypto/verifier.ts'
import { type DropCode, IS_FORWARDERS_FAULT } from '../../protocol/intake/drop-code.ts'
import type { Source } from '../../protocol/intake/message.ts'
import type { Inspection, Peer, VerifiedMessage } from '../../protocol/peer/options.ts'
import { OrderedWindow, type Outcome } from './ordered-window.ts'

/** Of a frame that its sender hasn't brought itself. */
interface Bringer {
  /** Pays for it, in frames in flight and in budget. */
  readonly chargedTo: string
  /** Whether the state learns anything from it: whoever can repeat a signed word at will must not have it spread. */
  readonly isNews: (message: VerifiedMessage) => boolean
}

/** What gossip is told of a frame: whether it is passed on, dropped, or held against whoever passed it. */
export type IntakeVerdict = 'accept' | 'ignore' | 'reject'

/** A verdict with what it rests on: null for an accepted frame. */
export interface Ruling {
  readonly verdict: IntakeVerdict
  readonly code: DropCode | 'busy' | null
}

/** Gossiped frames of one sender between `inspect` and `handle`: a burst fits, a flood waits outside. */
const IN_FLIGHT_MAX = 256

type Candidate = Extract<Inspection, { ok: true }>['candidate']

/** `failed` says nothing of the frame: the verifier broke over it, or over what was checked beside it. */
type Verification =
  | { readonly status: 'verified'; readonly message: VerifiedMessage }
  | { readonly status: 'bad_signature' }
  | { readonly status: 'failed' }

/** The way of a frame into the mind: inspected, its signatures verified, handled. */
export class Intake {
  readonly #peer: Pick<Peer, 'inspect'>
  readonly #verifier: Verifier
  readonly #take: (message: VerifiedMessage) => void
  readonly #inFlight = new Map<string, number>()
  /** By sender and channel; there while frames are being verified, so bounded by the open streams. */
  readonly #streams = new Map<string, OrderedWindow<VerifiedMessage>>()
  /** Frames dropped after `inspect`, which counts its own. */
  readonly dropped = { bad_signature: 0, busy: 0, unverified: 0 }

  constructor(peer: Pick<Peer, 'inspect'>, verifier: Verifier, take: (message: VerifiedMessage) => void) {
    this.#peer = peer
    this.#verifier = verifier
    this.#take = take
  }

  /** A gossiped frame. */
  async receive(frame: Uint8Array, source: Source): Promise<IntakeVerdict> {
    return (await this.judge(frame, source)).verdict
  }

  /** `bringer`: where it isn't `source.from`. */
  async judge(frame: Uint8Array, source: Source, bringer?: Bringer): Promise<Ruling> {
    const chargedTo = bringer?.chargedTo ?? source.from
    const before = this.#inFlight.get(chargedTo) ?? 0
    if (before >= IN_FLIGHT_MAX) {
      this.dropped.busy += 1
      return { verdict: 'ignore', code: 'busy' }
    }
    const inspection = this.#peer.inspect(frame, source, chargedTo)
    if (!inspection.ok) {
      const { code } = inspection
      return { verdict: IS_FORWARDERS_FAULT[code] ? 'reject' : 'ignore', code }
    }
    this.#inFlight.set(chargedTo, before + 1)
    try {
      const verification = await this.#verify(inspection.candidate)
      if (verification.status === 'bad_signature') return { verdict: 'reject', code: 'bad_signature' }
      if (verification.status === 'failed') return { verdict: 'ignore', code: 'busy' }
      const isNews = bringer?.isNews(verification.message) ?? true
      this.#take(verification.message)
      return isNews ? { verdict: 'accept', code: null } : { verdict: 'ignore', code: 'duplicate' }
    } finally {
      this.#leave(chargedTo)
    }
  }

  /**
   * A frame of a stream. Several are verified at once, on threads where there are some, and handled in their
   * order. When the window is full the answer is a promise: the next frame may come once it has resolved.
   */
  admit(frame: Uint8Array, source: Source): Promise<void> | undefined {
    const inspection = this.#peer.inspect(frame, source)
    if (!inspection.ok) return undefined
    const name = `${source.from} ${source.via}`
    let stream = this.#streams.get(name)
    if (stream === undefined) {
      stream = new OrderedWindow(this.#take, () => this.#streams.delete(name))
      this.#streams.set(name, stream)
    }
    return stream.push(this.#outcome(inspection.candidate), frame.length)
  }

  async #outcome(candidate: Candidate): Promise<Outcome<VerifiedMessage>> {
    const verification = await this.#verify(candidate)
    return verification.status === 'verified'
      ? { status: 'ready', item: verification.message }
      : { status: 'dropped' }
  }

  /** Never rejects: a frame over which the verifier fails is lost like any other that the line may lose. */
  async #verify(candidate: Candidate): Promise<Verification> {
    const answers = await this.#answers(candidate)
    if (answers === undefined) {
      this.dropped.unverified += 1
      return { status: 'failed' }
    }
    const message = mintVerified(candidate, answers)
    if (message !== undefined) return { status: 'verified', message }
    this.dropped.bad_signature += 1
    return { status: 'bad_signature' }
  }

  async #answers({ checks }: Candidate): Promise<readonly boolean[] | undefined> {
    try {
      return await this.#verifier.verify(checks)
    } catch {
      return undefined
    }
  }

  #leave(from: string): void {
    const left = (this.#inFlight.get(from) ?? 1) - 1
    if (left === 0) this.#inFlight.delete(from)
    else this.#inFlight.set(from, left)
  }
}
