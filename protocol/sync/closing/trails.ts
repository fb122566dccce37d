import { isPeerId, type PeerId } from '../../ids.ts'
import { LIMITS } from '../../params.ts'
import { type Standing, type Step, Trail } from './trail.ts'

/** Where a chain begins, where this peer stands in it, and where the closed state left it. */
export interface Course {
  readonly genesis: Standing
  readonly own: Standing
  readonly end: Standing
}

interface Followed {
  readonly trail: Trail
  /** From the chain's beginning, since nothing builds on where this peer stands. */
  readonly isWhole: boolean
}

/**
 * The trails of every chain, as each source shows them. A source is a peer that this one pulls from: what others bring
 * unasked begins none, so nobody can wipe out another's. A source that shows something wrong spoils its own trails
 * only, and they begin anew when it is asked again. Those of the `LIMITS.trailSources` sources asked last are kept, so a
 * long chain goes on when its source's turn comes again.
 */
export class Trails {
  /** The one asked longest ago comes first. */
  readonly #sources = new Map<PeerId, Map<string, Followed>>()
  /** Chains whose closed facts are known, whoever showed them. */
  readonly #vouched = new Map<string, Trail>()

  /** This peer begins to pull from a source. */
  begin(source: PeerId): void {
    const before = this.#sources.get(source) ?? new Map<string, Followed>()
    this.#sources.delete(source)
    this.#sources.set(source, before)
    for (const [chain, { trail }] of before) if (!trail.isOpen) before.delete(chain)
    const [oldest] = this.#sources.keys()
    if (this.#sources.size > LIMITS.trailSources && oldest !== undefined) this.#sources.delete(oldest)
  }

  /** What a source's fact says of a chain; `astray` where this peer's own part of it isn't the closed chain's. */
  judge(step: Step, from: PeerId, course: Course): 'admit' | 'refuse' | 'wait' | 'astray' {
    const known = this.#vouched.get(step.chain)
    if (known !== undefined) return known.vouchesFor(step) ? 'admit' : 'refuse'
    const trails = this.#sources.get(from)
    if (trails === undefined) return 'wait'
    const { genesis, own, end } = course
    const followed = trails.get(step.chain) ?? { trail: new Trail(own, end), isWhole: false }
    trails.set(step.chain, followed)
    const { trail } = followed
    trail.follow(step)
    if (trail.isVouched) {
      if (followed.isWhole && trail.headAt(own.next) !== own.head) return 'astray'
      this.#vouched.set(step.chain, trail)
      for (const others of this.#sources.values()) others.delete(step.chain)
      return 'wait'
    }
    // Nothing that builds on this peer's head, or, of decisions, which name no head, nothing that comes to the closed one:
    // whose chain is wrong, the whole of it shows.
    const isOdd = isPeerId(step.chain) ? trail.isStuck && step.position === own.next : trail.hasMissed
    if (isOdd && !followed.isWhole) trails.set(step.chain, { trail: new Trail(genesis, end), isWhole: true })
    return 'wait'
  }

  /** A fact of a place that this peer is past: it matters where a whole chain is followed. */
  passed(step: Step, from: PeerId, course: Course): boolean {
    const isWhole = this.#sources.get(from)?.get(step.chain)?.isWhole === true
    return isWhole && this.judge(step, from, course) === 'astray'
  }

  /** From where a source is to be asked for a chain, if that isn't where this peer stands. */
  nextOf(chain: string, source: PeerId): number | undefined {
    const trail = this.#sources.get(source)?.get(chain)?.trail
    if (trail === undefined) return undefined
    return trail.isOpen ? trail.next : Number.MAX_SAFE_INTEGER
  }

  /** This peer has come to the chain's end. */
  reached(chain: string): void {
    this.#vouched.delete(chain)
    for (const trails of this.#sources.values()) trails.delete(chain)
  }
}
