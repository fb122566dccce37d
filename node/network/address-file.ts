import { isPeerId, type PeerId } from '../../protocol/ids.ts'
import type { AddressSource, BookPages, KnownAddress } from './address-book.ts'
import {
  ADDRESS_CHARACTERS_MAX,
  ADDRESSES_PER_PEER_MAX,
  BOOK_CHARACTERS_MAX,
  BOOK_PEERS_MAX,
} from './limits.ts'
import { parseAddress, peerOf } from './multiaddr-parts.ts'

const SOURCES: readonly string[] = ['owner', 'self', 'rumour'] satisfies readonly AddressSource[]

export function writePages(pages: BookPages): string {
  return `${JSON.stringify({ version: 1, peers: pages }, null, 1)}\n`
}

/**
 * The pages in the text, as far as they are well-formed: addresses are hints, so a damaged file costs no more
 * than finding the swarm by the bootstrap list again.
 */
export function readPages(text: string): BookPages {
  const root = text.length > BOOK_CHARACTERS_MAX ? undefined : parse(text)
  if (!isRecord(root) || root['version'] !== 1 || !Array.isArray(root['peers'])) return []
  return root['peers'].slice(0, BOOK_PEERS_MAX).flatMap((page: unknown) => {
    if (!isRecord(page)) return []
    const { peer, addresses } = page
    if (typeof peer !== 'string' || !isPeerId(peer) || !Array.isArray(addresses)) return []
    return [
      {
        peer,
        addresses: addresses
          .slice(0, ADDRESSES_PER_PEER_MAX)
          .filter((each: unknown) => isAddressOf(peer, each)),
      },
    ]
  })
}

function isAddressOf(peer: PeerId, value: unknown): value is KnownAddress {
  if (!isRecord(value)) return false
  const { text, source, provedMs, failures } = value
  if (typeof text !== 'string' || text.length > ADDRESS_CHARACTERS_MAX) return false
  const address = parseAddress(text)
  return (
    address !== undefined &&
    peerOf(address) === peer &&
    typeof source === 'string' &&
    SOURCES.includes(source) &&
    Number.isSafeInteger(provedMs) &&
    Number.isSafeInteger(failures)
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
