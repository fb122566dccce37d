import type { Outbox } from '../peer/outbox.ts'
import { TIMES } from '../params.ts'
import type { Driver } from './driver.ts'
import type { SignedEntry } from './entry.ts'
import type { Locks } from './locks.ts'

const TIMER = 'ledger/nudge'

/** Entries taken up by one event; each is encoded once and sent to every witness. */
const NUDGED_AT_ONCE = 8

/**
 * A witness whose lock stays without a certificate for `nudgeMs` drives the entry itself (4.7), since whoever
 * drove it may be gone. From then on the driver's own backoff repeats it; a lock nudged once is the driver's.
 */
export interface Nudge {
  locked(out: Outbox, entry: SignedEntry): void
  /** After a restart every lock counts as new. */
  start(out: Outbox): void
  onTimer(out: Outbox, id: string): boolean
}

interface Waiting {
  readonly entry: SignedEntry
  readonly dueMs: number
}

export function createNudge({ locks, driver }: { readonly locks: Locks; readonly driver: Driver }): Nudge {
  // In the order of their dues, since each waits for the same time.
  let waiting: Waiting[] = []

  /** Locks that are still without a certificate; the others have gone their way. */
  function dropSettled(): void {
    const at = waiting.findIndex(({ entry: { body } }) => locks.get(body.account, body.seq) !== undefined)
    waiting.splice(0, at === -1 ? waiting.length : at)
  }

  function arm(out: Outbox): void {
    const [next] = waiting
    if (next !== undefined) out.timer(TIMER, Math.max(0, next.dueMs - out.now))
  }

  function locked(out: Outbox, entry: SignedEntry): void {
    waiting.push({ entry, dueMs: out.now + TIMES.nudgeMs })
    if (waiting.length === 1) arm(out)
  }

  return {
    locked,
    start(out) {
      for (const { entry } of locks.all()) locked(out, entry)
    },
    onTimer(out, id) {
      if (id !== TIMER) return false
      dropSettled()
      for (let count = 0; count < NUDGED_AT_ONCE; count += 1) {
        const [next] = waiting
        if (next === undefined || next.dueMs > out.now) break
        waiting.shift()
        if (!driver.drive(out, next.entry)) locked(out, next.entry)
        dropSettled()
      }
      arm(out)
      return true
    },
  }
}
