import type { Digest } from '../ids.ts'
import type { Ticket } from '../jobs/ticket.ts'

/** A ticket whose `open` waits for the account's entry in flight, and the commands that its answer is owed to. */
export interface Signing {
  ticket: Ticket
  readonly sinceMs: number
  commands: readonly number[]
}

/** Submissions that are neither in the queue nor jobs yet, by the number that the ledger knows their `open` under. */
export class Signings {
  readonly #all = new Map<number, Signing>()

  get size(): number {
    return this.#all.size
  }

  add(request: number, signing: Signing): void {
    this.#all.set(request, signing)
  }

  has(request: number): boolean {
    return this.#all.has(request)
  }

  /** It is signed, or never will be. */
  take(request: number): Signing | undefined {
    const signing = this.#all.get(request)
    this.#all.delete(request)
    return signing
  }

  named(name: Digest): Signing | undefined {
    for (const signing of this.#all.values()) if (signing.ticket.name === name) return signing
    return undefined
  }

  all(): readonly Signing[] {
    return [...this.#all.values()]
  }
}
