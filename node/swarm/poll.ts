import { setTimeout as pause } from 'node:timers/promises'

/** Short enough that nobody waits for it, long enough to leave the peers their processors. */
const POLL_MS = 40

/** Looks until there is something, or the time is up: then undefined. A look that fails counts as nothing. */
export async function poll<T>(
  look: () => Promise<T | undefined>,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<T | undefined> {
  const endMs = performance.now() + timeoutMs
  for (;;) {
    const found = await look().catch(() => undefined)
    if (found !== undefined) return found
    if (performance.now() >= endMs || signal?.aborted === true) return undefined
    await pause(POLL_MS)
  }
}
