import type { Signer } from '../protocol/crypto/signer.ts'
import type { PeerId } from '../protocol/ids.ts'

/** Keys that somebody stole, and what was signed with them that their owners know nothing of. */
export interface Loot {
  /** The stolen key of a peer; undefined for somebody unknown. */
  signerOf(peer: PeerId): Signer | undefined
  isForged(signature: Uint8Array): boolean
  /** Whether a peer has gone for good: then its own account is the thief's, too. */
  isGone(peer: PeerId): boolean
}

const nameOf = (signature: Uint8Array) => Buffer.from(signature).toString('latin1')

export function createLoot(signers: readonly Signer[], isGone: (peer: PeerId) => boolean): Loot {
  const forged = new Set<string>()
  const stolen = new Map(signers.map((signer) => [signer.id, stolenFrom(signer, forged)]))
  return {
    signerOf: (peer) => stolen.get(peer),
    isGone,
    isForged: (signature) => forged.has(nameOf(signature)),
  }
}

function stolenFrom(signer: Signer, forged: Set<string>): Signer {
  return {
    ...signer,
    id: signer.id,
    sign(message) {
      const signature = signer.sign(message)
      forged.add(nameOf(signature))
      return signature
    },
  }
}
