import type { ConnectionGater, PeerId as RemoteId } from '@libp2p/interface'
import { isPeerId, type PeerId } from '../../protocol/ids.ts'

/** Our branded form of a libp2p id; undefined for keys that are not Ed25519, which no member has. */
export function namePeer(remote: RemoteId): PeerId | undefined {
  const text = remote.toString()
  return isPeerId(text) ? text : undefined
}

/**
 * The connection gate: Noise proves who is at the other end. This peer dials members only. Whoever dials it and is
 * none may speak `join` for a few seconds, and nothing else (`streams.ts`, `joins.ts`).
 */
export function createGate(isMember: (peer: PeerId) => boolean, refused: () => void): ConnectionGater {
  const isStranger = (remote: RemoteId): boolean => {
    const peer = namePeer(remote)
    return peer === undefined || !isMember(peer)
  }
  const refuseStranger = (remote: RemoteId): boolean => {
    if (!isStranger(remote)) return false
    refused()
    return true
  }
  return {
    denyDialPeer: isStranger,
    denyInboundEncryptedConnection: (remote) => namePeer(remote) === undefined,
    denyOutboundEncryptedConnection: refuseStranger,
  }
}
