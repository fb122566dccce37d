import { mintVerified } from '../../protocol/crypto/verified.ts'
import type { Verifier } from '../../protocol/crypto/verifier.ts'
import type { DropCode } from '../../protocol/intake/drop-code.ts'
import type { Source } from '../../protocol/intake/message.ts'
import type { Inspection, Peer, VerifiedMessage } from '../../protocol/peer/options.ts'
import { OrderedWindow } from './ordered-window.ts'

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

/** Nothing that an honest peer would have passed on; the other codes say only that we can't use it. */
const IGNORED: ReadonlySet<DropCode> = new Set<DropCode>([
  'not_a_member',
  'duplicate',
  'unknown_epoch',
  'over_quota',
])

type Candidate = Extract<Inspection, { ok: true }>['candidate']

/** The way of a frame into the mind: inspected, its signatures verified, handled. */
export class Intake {
  readonly #peer: Pick<Peer, 'inspect'>
  readonly #verifier: Verifier
  readonly #take: (message: VerifiedMessage) => void
  readonly #inFlight = new Map<string, number>()
  /** By sender and channel; there while frames are being verified, so bounded by the open streams. */
  readonly #streams = new Map<string, OrderedWindow<VerifiedMessage | undefined>>()
  /** Frames dropped after `inspect`, which counts its own. */
  readonly dropped = { bad_signature: 0, busy: 0 }

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
      return { verdict: IGNORED.has(inspection.code) ? 'ignore' : 'reject', code: inspection.code }
    }
    this.#inFlight.set(chargedTo, before + 1)
    try {
      const message = await this.#verify(inspection.candidate)
      if (message === undefined) return { verdict: 'reject', code: 'bad_signature' }
      const isNews = bringer?.isNews(message) ?? true
      this.#take(message)
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
      stream = new OrderedWindow(
        (message) => message !== undefined && this.#take(message),
        () => this.#streams.delete(name),
      )
      this.#streams.set(name, stream)
    }
    return stream.push(this.#verify(inspection.candidate), frame.length)
  }

  async #verify(candidate: Candidate): Promise<VerifiedMessage | undefined> {
    const message = mintVerified(candidate, await this.#verifier.verify(candidate.checks))
    if (message === undefined) this.dropped.bad_signature += 1
    return message
  }

  #leave(from: string): void {
    const left = (this.#inFlight.get(from) ?? 1) - 1
    if (left === 0) this.#inFlight.delete(from)
    else this.#inFlight.set(from, left)
  }
}
