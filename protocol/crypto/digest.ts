import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { digestFromBytes } from '../ids.ts'
import type { Digest } from '../ids.ts'

const DOMAIN_PREFIX = 'hyperlooms/1/'
// Separates the tag from the body, so that no tag and body can be read as another tag and body.
const SEPARATOR = Uint8Array.of(0)

// Bounded by the tags that this code names.
const prefixes = new Map<string, Uint8Array>()

function prefixOf(tag: string): Uint8Array {
  const known = prefixes.get(tag)
  if (known !== undefined) return known
  const prefix = concatBytes(utf8ToBytes(DOMAIN_PREFIX + tag), SEPARATOR)
  prefixes.set(tag, prefix)
  return prefix
}

/**
 * SHA-256 over `"hyperlooms/1/" tag NUL body`: the same bytes have another digest under another tag, so an
 * entry can never be taken for a job, a commit or a genesis. Tags are constants of this code and hold no NUL.
 * Bodies that travel as blobs are named by `blobRefOf` instead, without a tag.
 */
export function hash(tag: string, body: Uint8Array): Digest {
  return digestFromBytes(sha256.create().update(prefixOf(tag)).update(body).digest())
}
