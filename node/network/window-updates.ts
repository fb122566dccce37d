import type { Stream } from '@libp2p/interface'

/**
 * Has a Yamux stream give its window back when half of it is used, as the protocol means it. Yamux 8.0 of js-libp2p does
 * so after every frame that it reads: each of ours would cost a second encrypted packet on the way back, which is a
 * tenth of a busy peer's processor time. The first one is left as it is, since it also accepts the stream.
 *
 * A sender never waits for it longer: with less than half a window left the next read gives it back, and the other half
 * is still the sender's meanwhile. A stream of another kind stays as it is.
 */
export function spareWindowUpdates(stream: Stream): void {
  const update: unknown = Reflect.get(stream, 'sendWindowUpdate')
  if (typeof update !== 'function' || windowOf(stream) === undefined) return
  let isAccepted = false
  Reflect.set(stream, 'sendWindowUpdate', () => {
    const window = windowOf(stream)
    if (isAccepted && window !== undefined && 2 * window.left > window.size) return
    isAccepted = true
    Reflect.apply(update, stream, [])
  })
}

function windowOf(stream: Stream): { readonly size: number; readonly left: number } | undefined {
  const size: unknown = Reflect.get(stream, 'recvWindow')
  const left: unknown = Reflect.get(stream, 'recvWindowCapacity')
  return typeof size === 'number' && typeof left === 'number' ? { size, left } : undefined
}
