import { createHash, timingSafeEqual } from 'node:crypto'
import { type Digest, digestFromBytes, digestToBytes } from '../../protocol/ids.ts'
import { SERVER_LIMITS } from './limits.ts'

const WINDOW_MS = 60_000

export interface ApiKeys {
  /** `locked`: wrong, like too many keys that this address showed lately. A right key is never refused. */
  check(address: string, key: string): 'valid' | 'invalid' | 'locked'
}

/** What is kept of a key. It has 256 random bits, so a plain digest can't be turned back. */
export function digestOfKey(key: string): Digest {
  return digestFromBytes(createHash('sha256').update(key, 'utf8').digest())
}

/**
 * Compares keys in constant time, and counts wrong ones by address. Nobody guesses 256 random bits at any rate, so
 * the count only slows whoever tries; it must not shut out the owner, whose address a guesser may share. `now` is
 * in milliseconds.
 */
export function createApiKeys(digests: readonly Digest[], now: () => number): ApiKeys {
  const known = digests.map(digestToBytes)
  const failures = new Map<string, { readonly sinceMs: number; count: number }>()

  function isLocked(address: string): boolean {
    const window = failures.get(address)
    if (window === undefined) return false
    if (now() - window.sinceMs < WINDOW_MS) return window.count >= SERVER_LIMITS.keyFailuresPerMinute
    failures.delete(address)
    return false
  }

  function count(address: string): void {
    const window = failures.get(address)
    if (window !== undefined) {
      window.count += 1
      return
    }
    // A Map iterates in the order of insertion, so its first key is the oldest window.
    const [oldest] = failures.keys()
    if (failures.size >= SERVER_LIMITS.keyFailureAddresses && oldest !== undefined) failures.delete(oldest)
    failures.set(address, { sinceMs: now(), count: 1 })
  }

  function isKnown(key: string): boolean {
    if (key.length > SERVER_LIMITS.keyCharacters) return false
    const digest = digestToBytes(digestOfKey(key))
    // Every known key is compared, so the time doesn't tell which one was near.
    return known.map((one) => timingSafeEqual(one, digest)).includes(true)
  }

  return {
    check(address, key) {
      if (isKnown(key)) return 'valid'
      if (isLocked(address)) return 'locked'
      count(address)
      return 'invalid'
    },
  }
}
