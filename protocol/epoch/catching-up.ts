import type { PeerId } from '../ids.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { EnteringParts } from './entering.ts'
import type { Sources } from './sources.ts'

const LEVEL = 'epoch/level'

/**
 * Between two comparisons of a peer that is behind: facts are brought once to be recognised, and again to be taken. Each that
 * brings nothing doubles it, up to a round of sync.
 */
const LEVEL_MS = 100

interface CatchingUpParts extends Pick<EnteringParts, 'closing' | 'compare'> {
  readonly sources: Pick<Sources, 'takeMoved'>
}

/** A peer that is behind a closed epoch compares again with whoever brought something last, until it is level. */
export class CatchingUp {
  readonly #parts: CatchingUpParts
  /** Whose facts came last. */
  #pulledFrom: PeerId | undefined
  #levelMs = LEVEL_MS

  constructor(parts: CatchingUpParts) {
    this.#parts = parts
  }

  /** Who has gone astray comes no further by comparing. */
  onPulled(out: Outbox, peer: PeerId): void {
    const { closing, sources } = this.#parts
    this.#pulledFrom = peer
    if (closing.isLevel || closing.astray.length > 0) return
    this.#levelMs = sources.takeMoved() ? LEVEL_MS : Math.min(2 * this.#levelMs, TIMES.syncMs)
    out.timer(LEVEL, this.#levelMs)
  }

  onTimer(out: Outbox, id: string): boolean {
    if (id !== LEVEL) return false
    if (!this.#parts.closing.isLevel) this.compareAgain(out)
    return true
  }

  compareAgain(out: Outbox): void {
    if (this.#pulledFrom !== undefined) this.#parts.compare(out, this.#pulledFrom)
  }
}
