import type { ConnectionEncrypter, MessageStream } from '@libp2p/interface'
import { spareEmptyReads } from './quiet-decoder.ts'

/**
 * An encrypter whose connections send, of what one turn of the event loop gives them, one packet in one write. By itself
 * libp2p 3 encrypts every muxed frame alone, and hands the socket its length, its text and its tag one after another:
 * three calls of the system for each frame, and as many small segments for the other end to read. That was a sixth of a
 * busy peer's processor time.
 *
 * Nothing waits for more to send: what is gathered leaves when the events that have come are handled.
 */
export function wholeWrites<C>(
  create: (components: C) => ConnectionEncrypter,
): (components: C) => ConnectionEncrypter {
  return (components) => {
    const encrypter = create(components)
    for (const name of ['secureInbound', 'secureOutbound'] as const) {
      const secure = encrypter[name].bind(encrypter)
      const whole: typeof secure = async (connection, options) => {
        joinParts(connection)
        const secured = await secure(connection, options)
        gatherSends(secured.connection, connection)
        spareEmptyReads(Reflect.get(secured.connection, 'decoder'))
        return secured
      }
      encrypter[name] = whole
    }
    return encrypter
  }
}

/** Has the parts of one message written together. A stream of another kind stays as it is. */
export function joinParts(stream: object): void {
  const sendData: unknown = Reflect.get(stream, 'sendData')
  if (typeof sendData !== 'function') return
  Reflect.set(stream, 'sendData', (data: Parts): unknown => {
    // A list of one part, as it is when only a part of it could be sent before.
    data.append(data.subarray())
    data.consume(data.byteLength >> 1)
    const sent: unknown = Reflect.apply(sendData, stream, [data])
    return sent
  })
}

/** As much of libp2p's list of buffers as this needs. */
interface Parts {
  readonly byteLength: number
  subarray(): Uint8Array
  append(part: Uint8Array): void
  consume(bytes: number): void
}

/**
 * Has a stream send what it is given when the turn ends, or when the one below it, which carries it, is closed. Its own
 * buffer holds that meanwhile, so its limits and a stream below that takes no more are heeded as ever.
 */
export function gatherSends(stream: object, below: Pick<MessageStream, 'close'>): void {
  const sendNow: unknown = Reflect.get(stream, 'processSendQueue')
  if (typeof sendNow !== 'function') return
  let isWaiting = false
  const flush = (): void => {
    if (!isWaiting) return
    isWaiting = false
    try {
      Reflect.apply(sendNow, stream, [])
    } catch {
      // The one below ended within this turn, and with it this one: it has aborted itself.
    }
  }
  Reflect.set(stream, 'processSendQueue', (): boolean => {
    if (!isWaiting) setImmediate(flush)
    isWaiting = true
    return Reflect.get(stream, 'writableNeedsDrain') !== true
  })
  const close = below.close.bind(below)
  below.close = (options) => {
    flush()
    return close(options)
  }
}
