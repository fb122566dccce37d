import type { EntryId } from '../../protocol/ids.ts'
import type { Backend } from './backend.ts'

/** The promise's value, or undefined once the time is up; what it stands for goes on. */
export async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), timeoutMs)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Those who wait for one entry. */
interface Watch {
  readonly certified: Promise<boolean>
  waiting: number
  stop(): void
}

/**
 * Tells whether an entry is certified here within a time; with none left, whether it is now. However many wait for
 * an entry and however much happens meanwhile, one look for it is in flight. A look that fails has seen nothing:
 * the operation is signed already, so its asker must not be told of a failure.
 */
export function createCertificates(backend: Pick<Backend, 'ledger' | 'subscribe'>) {
  const watches = new Map<EntryId, Watch>()
  const isCertified = (entry: EntryId): Promise<boolean> =>
    backend.ledger.isCertified(entry).catch(() => false)

  function watch(entry: EntryId): Watch {
    const { promise: certified, resolve } = Promise.withResolvers<boolean>()
    let isLooking = false
    let again = false
    const look = async (): Promise<void> => {
      again = true
      if (isLooking) return
      isLooking = true
      while (again) {
        again = false
        if (await isCertified(entry)) resolve(true)
      }
      isLooking = false
    }
    // Before the first look, so that nothing happens unseen between the two.
    const stop = backend.subscribe(() => void look())
    void look()
    const made = { certified, waiting: 0, stop }
    watches.set(entry, made)
    return made
  }

  return async function untilCertified(entry: EntryId, waitMs: number): Promise<boolean> {
    if (waitMs <= 0) return isCertified(entry)
    const joined = watches.get(entry) ?? watch(entry)
    joined.waiting += 1
    try {
      return (await within(joined.certified, waitMs)) === true
    } finally {
      joined.waiting -= 1
      if (joined.waiting === 0) {
        joined.stop()
        watches.delete(entry)
      }
    }
  }
}
