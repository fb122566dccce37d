import { utf8ToBytes } from '@noble/hashes/utils.js'
import { hash } from '../crypto/digest.ts'
import type { Digest } from '../ids.ts'

/**
 * In the place of the digest of a model's weights, where its server states none: of its name. Replicas of one name are
 * compared (6.3), and whether they ran the same weights nobody can tell.
 */
export function digestOfModelName(name: string): Digest {
  return hash('model-name', utf8ToBytes(name))
}
