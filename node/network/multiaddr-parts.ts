import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { isPeerId, type PeerId } from '../../protocol/ids.ts'

/** The address, or undefined when it is malformed. */
export function parseAddress(text: string): Multiaddr | undefined {
  try {
    return multiaddr(text)
  } catch {
    return undefined
  }
}

/** The peer at the end of an address; undefined when it names none, or none with an Ed25519 key. */
export function peerOf(address: Multiaddr): PeerId | undefined {
  const last = address.getComponents().at(-1)
  return last?.name === 'p2p' && last.value !== undefined && isPeerId(last.value) ? last.value : undefined
}

/** Where packets to this address go first: an IP address or a name. */
export function hostOf(address: Multiaddr): string {
  return address.getComponents()[0]?.value ?? ''
}

/** The address with the peer it leads to at its end, as the book and the gate know it. */
export function withPeer(address: Multiaddr, peer: { toString(): string }): Multiaddr {
  const isNamed = address.getComponents().at(-1)?.name === 'p2p'
  return isNamed ? address : address.encapsulate(`/p2p/${peer.toString()}`)
}
