import type { MultiaddrConnection } from '@libp2p/interface'
import { STRANGER_MS, STRANGERS_MAX, STRANGERS_PER_HOST_MAX } from './limits.ts'
import { hostOf } from './multiaddr-parts.ts'
import { Places } from './places.ts'

/**
 * Connections of peers that are neither members nor guests. Each has a place, of which there are few, for a
 * short time, in which it can redeem an invitation.
 */
export class Strangers {
  readonly #places = new Places({ max: STRANGERS_MAX, perHostMax: STRANGERS_PER_HOST_MAX })

  /**
   * Whether the connection may live for now. When its time is over it is closed, unless `isStranger` says by
   * then that it is one no more.
   */
  admit(connection: MultiaddrConnection, isStranger: () => boolean): boolean {
    const leave = this.#places.take(hostOf(connection.remoteAddr))
    if (leave === undefined) return false
    const timer = setTimeout(() => {
      leave()
      if (isStranger()) connection.abort(new Error('Strangers may not stay.'))
    }, STRANGER_MS)
    connection.addEventListener('close', () => {
      clearTimeout(timer)
      leave()
    })
    return true
  }
}
