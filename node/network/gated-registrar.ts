import type { KadDHTComponents } from '@libp2p/kad-dht'
import type { Counter } from './counters.ts'
import type { Gate } from './gate.ts'

export type GatedComponents = Pick<KadDHTComponents, 'registrar' | 'addressManager'>
type Registrar = GatedComponents['registrar']

interface GatedProtocols {
  /** Open to anybody. */
  readonly join: string
  /** Open to guests. */
  readonly guests: ReadonlySet<string>
}

/**
 * Puts the gate before every protocol, whoever registers it: a stranger's stream reaches the `join` handler only
 * and a guest's those named, and no service hears of a peer that isn't a member. It replaces two methods of
 * libp2p's registrar, as its own middleware hook runs a handler once more with every stream (libp2p 3.3), so
 * this must happen before the first service registers anything.
 */
export function gateRegistrar(
  registrar: Registrar,
  gate: Gate,
  protocols: GatedProtocols,
  count: (counter: Counter) => void,
): void {
  const handle = registrar.handle.bind(registrar)
  registrar.handle = (protocol, handler, options) =>
    handle(
      protocol,
      (stream, connection) => {
        const standing = gate.standing(connection.remotePeer)
        const isOpen =
          standing === 'member' ||
          protocol === protocols.join ||
          (standing === 'guest' && protocols.guests.has(protocol))
        if (isOpen) return handler(stream, connection)
        count('streamsRefused')
        return stream.abort(new Error('This protocol is for members.'))
      },
      options,
    )
  const register = registrar.register.bind(registrar)
  registrar.register = (protocol, { onConnect, ...rest }) =>
    register(protocol, {
      ...rest,
      onConnect: (peer, connection) => (gate.isMember(peer) ? onConnect?.(peer, connection) : undefined),
    })
}
