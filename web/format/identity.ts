/** All peer ids start alike, so the end tells them apart. */
const PEER_TAIL = 6
const DIGEST_HEAD = 10

export function shortPeer(id: string): string {
  return id.length <= PEER_TAIL ? id : `…${id.slice(-PEER_TAIL)}`
}

export function shortDigest(digest: string): string {
  return digest.length <= DIGEST_HEAD ? digest : `${digest.slice(0, DIGEST_HEAD)}…`
}

const REFERENCE_PREFIX = 'hyperlooms-reference-'
export const REFERENCE_LABEL = 'embedded reference model, not a language model'

/** Whether a name is that of the deterministic model which every peer carries. */
export function isReferenceModel(name: string): boolean {
  return name.startsWith(REFERENCE_PREFIX)
}
