import { parseEpochInstance, type PeerId } from '../ids.ts'
import type { Fact } from '../ledger/fact.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Roster } from '../swarm/roster.ts'
import type { Closing } from '../sync/closing/closing.ts'

interface SourcesParts {
  readonly roster: Roster
  readonly closing: Closing
  readonly isStopped: () => boolean
  readonly compare: (out: Outbox, peer: PeerId) => void
}

/**
 * Whose facts this peer takes. A stopped witness takes them only from those with whom it compared its ledger for the
 * change, and from nobody once its state is what it proposes or judges by.
 */
export class Sources {
  readonly #parts: SourcesParts
  readonly #peers = new Set<PeerId>()
  /** Whether anything of a closed epoch came that this peer lacks, since it was asked last. */
  #hasMoved = false

  constructor(parts: SourcesParts) {
    this.#parts = parts
  }

  compare(out: Outbox, peer: PeerId): void {
    this.#peers.add(peer)
    this.#parts.compare(out, peer)
  }

  /** From nobody until the next comparison. */
  freeze(): void {
    this.#peers.clear()
  }

  /** Whether anything came that leads a peer which is behind further, since this was asked before. */
  takeMoved(): boolean {
    const hasMoved = this.#hasMoved
    this.#hasMoved = false
    return hasMoved
  }

  /** Whether a fact may be taken now; what is behind this peer's state was let through before. */
  admits(fact: Fact, from: PeerId): boolean {
    const { roster, closing, isStopped } = this.#parts
    const { quorum, instance } =
      fact.type === 'certificate' ? { ...fact.certificate, instance: '' } : fact.decision
    if (parseEpochInstance(instance) !== undefined) return true
    // Keys of the epochs that it was led past may be anybody's.
    if (roster.epoch.number < roster.guidedTo) return false
    if (isStopped() && !this.#peers.has(from)) return false
    if (quorum.epoch === roster.epoch.number) return closing.isLevel
    const admission = closing.admits(fact, from)
    if (admission === 'admit' || admission === 'wait') this.#hasMoved = true
    return admission === 'admit'
  }
}
