/** What an empty buffer is taken to begin with: any length will do, since not even that byte is there. */
const ANY_LENGTH = 1

/**
 * Has a decoder of libp2p see that its buffer is empty. By itself it tries to read a length after the last frame of each
 * chunk, and catches the error: with its stack that costs more than most frames take to decode, a twentieth of a busy
 * peer's processor time. A decoder of another kind stays as it is.
 */
export function spareEmptyReads(decoder: unknown): void {
  if (typeof decoder !== 'object' || decoder === null) return
  const read: unknown = Reflect.get(decoder, 'lengthDecoder')
  if (typeof read !== 'function') return
  Reflect.set(decoder, 'lengthDecoder', (buffer: { readonly byteLength: number }): unknown => {
    if (buffer.byteLength === 0) return ANY_LENGTH
    const length: unknown = Reflect.apply(read, decoder, [buffer])
    return length
  })
}
