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

/** Whether the entry is certified here within the time; with none left, whether it is now. */
export async function untilCertified(
  backend: Pick<Backend, 'ledger' | 'subscribe'>,
  entry: EntryId,
  waitMs: number,
): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  // Nobody may be waiting any more when a look fails.
  promise.catch(() => undefined)
  const look = (): void => {
    backend.ledger.isCertified(entry).then((is) => (is ? resolve(true) : undefined), reject)
  }
  // Before the first look, so that nothing happens unseen between the two.
  const stop = backend.subscribe(look)
  try {
    if (await backend.ledger.isCertified(entry)) return true
    return waitMs > 0 && (await within(promise, waitMs)) === true
  } finally {
    stop()
  }
}
