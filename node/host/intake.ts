import { mintVerified } from '../../protocol/crypto/verified.ts'
import type { Verifier } from '../../protocol/crypto/verifier.ts'
import type { DropCode } from '../../protocol/intake/drop-code.ts'
import type { Source } from '../../protocol/intake/message.ts'
import type { Peer, VerifiedMessage } from '../../protocol/peer/options.ts'

/** What gossip is told of a frame: whether it is passed on, dropped, or held against whoever passed it. */
export type IntakeVerdict = 'accept' | 'ignore' | 'reject'

/** A verdict with what it rests on: null for an accepted frame. */
export interface Ruling {
  readonly verdict: IntakeVerdict
  readonly code: DropCode | 'busy' | null
}

/** Frames of one sender between `inspect` and `handle`: a burst of votes fits, a flood waits outside. */
const IN_FLIGHT_MAX = 256

/** Nothing that an honest peer would have passed on; the other codes say only that we can't use it. */
const IGNORED: ReadonlySet<DropCode> = new Set<DropCode>(['not_a_member', 'duplicate', 'unknown_epoch'])

/** The way of a frame into the mind: inspected, its signatures verified, handled. */
export class Intake {
  readonly #peer: Pick<Peer, 'inspect'>
  readonly #verifier: Verifier
  readonly #take: (message: VerifiedMessage) => void
  readonly #inFlight = new Map<string, number>()
  /** Frames dropped after `inspect`, which counts its own. */
  readonly dropped = { bad_signature: 0, busy: 0 }

  constructor(peer: Pick<Peer, 'inspect'>, verifier: Verifier, take: (message: VerifiedMessage) => void) {
    this.#peer = peer
    this.#verifier = verifier
    this.#take = take
  }

  async receive(frame: Uint8Array, source: Source): Promise<IntakeVerdict> {
    return (await this.judge(frame, source)).verdict
  }

  /** `chargedTo` is whose frames in flight it counts among: whoever brought it, where that isn't `source.from`. */
  async judge(frame: Uint8Array, source: Source, chargedTo: string = source.from): Promise<Ruling> {
    const before = this.#inFlight.get(chargedTo) ?? 0
    if (before >= IN_FLIGHT_MAX) {
      this.dropped.busy += 1
      return { verdict: 'ignore', code: 'busy' }
    }
    const inspection = this.#peer.inspect(frame, source)
    if (!inspection.ok) {
      return { verdict: IGNORED.has(inspection.code) ? 'ignore' : 'reject', code: inspection.code }
    }
    this.#inFlight.set(chargedTo, before + 1)
    try {
      const { candidate } = inspection
      const message = mintVerified(candidate, await this.#verifier.verify(candidate.checks))
      if (message === undefined) {
        this.dropped.bad_signature += 1
        return { verdict: 'reject', code: 'bad_signature' }
      }
      this.#take(message)
      return { verdict: 'accept', code: null }
    } finally {
      this.#leave(chargedTo)
    }
  }

  #leave(from: string): void {
    const left = (this.#inFlight.get(from) ?? 1) - 1
    if (left === 0) this.#inFlight.delete(from)
    else this.#inFlight.set(from, left)
  }
}
