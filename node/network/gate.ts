import type { ConnectionGater, MultiaddrConnection, PeerId as RemoteId } from '@libp2p/interface'
import { isPeerId, type PeerId } from '../../protocol/ids.ts'
import type { Counter } from './counters.ts'
import type { DialPolicy } from './dial-policy.ts'
import { INBOUND_PENDING_MAX, PENDING_PER_HOST_MAX } from './limits.ts'
import { hostOf, withPeer } from './multiaddr-parts.ts'
import type { Admission } from './network.ts'
import { Places } from './places.ts'
import { Strangers } from './strangers.ts'

/** Our branded form of a libp2p id; undefined for keys that are not Ed25519, which no member has. */
export function namePeer(remote: RemoteId): PeerId | undefined {
  const text = remote.toString()
  return isPeerId(text) ? text : undefined
}

export type Standing = 'member' | 'guest' | 'stranger'

interface GateOptions {
  readonly admission: Admission
  readonly policy: Pick<DialPolicy, 'mayDial' | 'mayLearn'>
  readonly count: (counter: Counter) => void
}

/**
 * The connection gate. Noise proves who is at the other end; from then on a member's and a guest's connection
 * lives, and anybody else's for the few seconds in which it may speak `join` (`gated-registrar.ts` sees to it
 * that it speaks nothing else). Who is what is asked anew for every stream, never remembered.
 */
export class Gate {
  readonly #options: GateOptions
  readonly #strangers = new Strangers()
  readonly #pending = new Places({ max: INBOUND_PENDING_MAX, perHostMax: PENDING_PER_HOST_MAX })
  readonly #unproven = new WeakMap<MultiaddrConnection, () => void>()

  constructor(options: GateOptions) {
    this.#options = options
  }

  standing(remote: RemoteId): Standing {
    const peer = namePeer(remote)
    if (peer === undefined) return 'stranger'
    const { admission } = this.#options
    if (admission.isMember(peer)) return 'member'
    return admission.isGuest(peer) ? 'guest' : 'stranger'
  }

  isMember(remote: RemoteId): boolean {
    return this.standing(remote) === 'member'
  }

  /** libp2p's view of it. */
  gater(): ConnectionGater {
    return {
      denyDialPeer: (remote) => !this.isMember(remote),
      denyDialMultiaddr: (address) => !this.#options.policy.mayDial(address),
      denyOutboundEncryptedConnection: (remote) => this.#refuseUnless(this.isMember(remote)),
      denyInboundConnection: (connection) => this.#refuseUnless(this.#hold(connection)),
      denyInboundEncryptedConnection: (remote, connection) => {
        this.#unproven.get(connection)?.()
        return this.#refuseUnless(this.#admit(remote, connection))
      },
      denyInboundRelayReservation: (source) => !this.isMember(source),
      denyOutboundRelayedConnection: (source, destination) =>
        !(this.isMember(source) && this.isMember(destination)),
      denyInboundRelayedConnection: (_, remote) => !this.isMember(remote),
      // libp2p keeps what peers claim only as far as it may be dialled.
      filterMultiaddrForPeer: (remote, address) => this.#options.policy.mayLearn(withPeer(address, remote)),
    }
  }

  #admit(remote: RemoteId, connection: MultiaddrConnection): boolean {
    if (this.standing(remote) !== 'stranger') return true
    if (namePeer(remote) === undefined) return false
    const isAdmitted = this.#strangers.admit(connection, () => this.standing(remote) === 'stranger')
    if (isAdmitted) this.#options.count('strangersAdmitted')
    return isAdmitted
  }

  /** A place until the other end has proved who it is. */
  #hold(connection: MultiaddrConnection): boolean {
    const leave = this.#pending.take(hostOf(connection.remoteAddr))
    if (leave === undefined) return false
    this.#unproven.set(connection, leave)
    connection.addEventListener('close', leave)
    return true
  }

  #refuseUnless(isAdmitted: boolean): boolean {
    if (!isAdmitted) this.#options.count('connectionsRefused')
    return !isAdmitted
  }
}
