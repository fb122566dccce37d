import type { EntryId } from '../../protocol/ids.ts'
import type { Backend, EntryState } from './backend.ts'

/** The promise's value, or undefined once the time is up or the server stops; what it stands for goes on. */
export async function within<T>(
  promise: Promise<T>,
  { timeoutMs, stopping }: { readonly timeoutMs?: number; readonly stopping: AbortSignal },
): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const giveUp = (): void => resolve(undefined)
  const timer = timeoutMs === undefined ? undefined : setTimeout(giveUp, timeoutMs)
  if (stopping.aborted) giveUp()
  stopping.addEventListener('abort', giveUp)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
    stopping.removeEventListener('abort', giveUp)
  }
}

/** Those who wait for one entry. */
interface Watch {
  readonly settled: Promise<EntryState>
  waiting: number
  stop(): void
}

/**
 * Tells what became of an entry within a time; with none left, what it is now. However many wait for an entry and
 * however much happens meanwhile, one look for it is in flight. A look that fails has seen nothing: the operation is
 * signed already, so its asker must not be told of a failure. Whoever waits when the server stops is answered at once.
 */
export function createOutcomes(backend: Pick<Backend, 'ledger' | 'subscribe'>, stopping: AbortSignal) {
  const watches = new Map<EntryId, Watch>()
  const stateOf = (entry: EntryId): Promise<EntryState> =>
    backend.ledger.stateOf(entry).catch(() => 'waiting' as const)

  function watch(entry: EntryId): Watch {
    const { promise: settled, resolve } = Promise.withResolvers<EntryState>()
    let isLooking = false
    let again = false
    const look = async (): Promise<void> => {
      again = true
      if (isLooking) return
      isLooking = true
      while (again) {
        again = false
        const state = await stateOf(entry)
        if (state !== 'waiting') resolve(state)
      }
      isLooking = false
    }
    // Before the first look, so that nothing happens unseen between the two.
    const stop = backend.subscribe(() => void look())
    void look()
    const made = { settled, waiting: 0, stop }
    watches.set(entry, made)
    return made
  }

  return async function untilSettled(entry: EntryId, waitMs: number): Promise<EntryState> {
    if (waitMs <= 0) return stateOf(entry)
    const joined = watches.get(entry) ?? watch(entry)
    joined.waiting += 1
    try {
      return (await within(joined.settled, { timeoutMs: waitMs, stopping })) ?? 'waiting'
    } finally {
      joined.waiting -= 1
      if (joined.waiting === 0) {
        joined.stop()
        watches.delete(entry)
      }
    }
  }
}
