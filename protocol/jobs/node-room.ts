import type { RunOutcome } from '../peer/event.ts'

/** What waits at a node is begun within so long; a job elected for more would only be taken over by a standby. */
const SOON_MS = 2_000
/** Runs that wait at one node at the most, however fast it is: as many as its host queues. */
const WAITING_MAX = 64
/** Of a new run's time in the average; ten runs tell a model's usual time. */
const NEWEST_SHARE = 0.1

/**
 * How much work a node takes: as many runs as it has slots, as many again that wait, and more only where those before were
 * so short that all begin soon. Beyond, it doesn't bid: somebody else does, or the job's steward keeps it in its queue. What
 * this reads is the node's own; a wrong figure costs it an election or a wait.
 */
export class NodeRoom {
  #averageMs: number | undefined
  #wasFull = false

  finished(outcome: RunOutcome): void {
    if (!outcome.ok) return
    const before = this.#averageMs ?? outcome.durationMs
    this.#averageMs = before + (outcome.durationMs - before) * NEWEST_SHARE
  }

  /** Whether one more may be taken, `busy` being what was elected and isn't done. */
  hasRoom(slots: number, busy: number): boolean {
    const waiting =
      this.#averageMs === undefined ? 0 : Math.floor((slots * SOON_MS) / Math.max(1, this.#averageMs))
    const isFull = busy >= slots + Math.min(Math.max(slots, waiting), WAITING_MAX)
    this.#wasFull ||= isFull
    return !isFull
  }

  /** Whether there is room again after there was none: once for each time. */
  isFreed(slots: number, busy: number): boolean {
    if (!this.#wasFull || !this.hasRoom(slots, busy)) return false
    this.#wasFull = false
    return true
  }
}
