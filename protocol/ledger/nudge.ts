import type { Outbox } from '../peer/outbox.ts'
import { TIMES } from '../params.ts'
import type { Driver } from './driver.ts'
import type { Place } from './ledger.ts'
import { placeOf, type SignedEntry } from './entry.ts'
import type { Locks } from './locks.ts'
import { createPace } from './pace.ts'

const TIMER = 'ledger/nudge'

/** Entries taken up by one event; each is encoded once and sent to every witness. */
const NUDGED_AT_ONCE = 8

/** However slow certificates are, an entry whose driver is gone is taken up within this time. */
const WAIT_MS_MAX = 10_000

/**
 * A witness whose lock stays without a certificate for `nudgeMs` drives the entry itself (4.7), since whoever
 * drove it may be gone. From then on the driver's own backoff repeats it; a lock nudged once is the driver's.
 */
export interface Nudge {
  locked(out: Outbox, entry: SignedEntry): void
  /** The place has its certificate or resolution. */
  settled(out: Outbox, place: Place): void
  /** A new epoch has begun: what it adopts waits, and nothing else. */
  restart(out: Outbox, entries: Iterable<SignedEntry>): void
  /** After a restart every lock counts as new, and so do the entries that an epoch adopted. */
  start(out: Outbox, adopted: Iterable<SignedEntry>): void
  onTimer(out: Outbox, id: string): boolean
}

interface Waiting {
  readonly entry: SignedEntry
  readonly lockedMs: number
}

export function createNudge({ locks, driver }: { readonly locks: Locks; readonly driver: Driver }): Nudge {
  // In the order in which they were locked.
  const waiting = new Map<string, Waiting>()
  const pace = createPace()
  const dueMs = ({ lockedMs }: Waiting) => lockedMs + pace.waitMs(TIMES.nudgeMs, WAIT_MS_MAX)

  function arm(out: Outbox): void {
    const [next] = waiting.values()
    if (next !== undefined) out.timer(TIMER, Math.max(0, dueMs(next) - out.now))
  }

  function locked(out: Outbox, entry: SignedEntry): void {
    waiting.set(placeOf(entry.body), { entry, lockedMs: out.now })
    if (waiting.size === 1) arm(out)
  }

  return {
    locked,
    settled(out, place) {
      const one = waiting.get(placeOf(place))
      if (one === undefined) return
      waiting.delete(placeOf(place))
      pace.note(out.now - one.lockedMs)
    },
    restart(out, entries) {
      waiting.clear()
      for (const entry of entries) locked(out, entry)
    },
    start(out, adopted) {
      for (const entry of [...adopted, ...[...locks.all()].map((lock) => lock.entry)]) locked(out, entry)
    },
    onTimer(out, id) {
      if (id !== TIMER) return false
      let count = 0
      for (const [name, one] of waiting) {
        count += 1
        if (count > NUDGED_AT_ONCE || dueMs(one) > out.now) break
        waiting.delete(name)
        if (!driver.drive(out, one.entry)) locked(out, one.entry)
      }
      arm(out)
      return true
    },
  }
}
