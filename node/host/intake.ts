import { mintVerified } from '../../protocol/crypto/verified.ts'
import type { Verifier } from '../../protocol/crypto/verifier.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { DropCode } from '../../protocol/intake/drop-code.ts'
import type { Source } from '../../protocol/intake/message.ts'
import type { Peer, VerifiedMessage } from '../../protocol/peer/options.ts'

/** What gossip is told of a frame: whether it is passed on, dropped, or held against whoever passed it. */
export type IntakeVerdict = 'accept' | 'ignore' | 'reject'

/** Frames of one sender between `inspect` and `handle`: a burst of votes fits, a flood waits outside. */
const IN_FLIGHT_MAX = 256

/** Nothing that an honest peer would have passed on; the other codes say only that we can't use it. */
const IGNORED: ReadonlySet<DropCode> = new Set<DropCode>(['not_a_member', 'duplicate', 'unknown_epoch'])

/** The way of a frame into the mind: inspected, its signatures verified, handled. */
export class Intake {
  readonly #peer: Pick<Peer, 'inspect'>
  readonly #verifier: Verifier
  readonly #take: (message: VerifiedMessage) => void
  readonly #inFlight = new Map<PeerId, number>()
  /** Frames dropped after `inspect`, which counts its own. */
  readonly dropped = { bad_signature: 0, busy: 0 }

  constructor(peer: Pick<Peer, 'inspect'>, verifier: Verifier, take: (message: VerifiedMessage) => void) {
    this.#peer = peer
    this.#verifier = verifier
    this.#take = take
  }

  async receive(frame: Uint8Array, source: Source): Promise<IntakeVerdict> {
    const before = this.#inFlight.get(source.from) ?? 0
    if (before >= IN_FLIGHT_MAX) {
      this.dropped.busy += 1
      return 'ignore'
    }
    const inspection = this.#peer.inspect(frame, source)
    if (!inspection.ok) return IGNORED.has(inspection.code) ? 'ignore' : 'reject'
    this.#inFlight.set(source.from, before + 1)
    try {
      const { candidate } = inspection
      const message = mintVerified(candidate, await this.#verifier.verify(candidate.checks))
      if (message === undefined) {
        this.dropped.bad_signature += 1
        return 'reject'
      }
      this.#take(message)
      return 'accept'
    } finally {
      this.#leave(source.from)
    }
  }

  #leave(from: PeerId): void {
    const left = (this.#inFlight.get(from) ?? 1) - 1
    if (left === 0) this.#inFlight.delete(from)
    else this.#inFlight.set(from, left)
  }
}
