import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { LengthPrefixedDecoder } from '@libp2p/utils'
import type { Counter } from './counters.ts'
import { IDLE_RECEIVE_MS, READ_BUFFER_BYTES } from './limits.ts'
import { spareEmptyReads } from './quiet-decoder.ts'
import { spareWindowUpdates } from './window-updates.ts'

interface InletOptions {
  readonly frameBytesMax: number
  /** Called with one frame after the other, never before the previous call is done. */
  readonly deliver: (frame: Uint8Array) => void | Promise<void>
  readonly count: (counter: Counter) => void
}

/**
 * Reads length-prefixed frames off a stream until it ends, then closes our end of it. While a frame is being
 * handled the stream is paused, so its sender runs out of window and waits. A frame above the maximum and a
 * throwing handler reset the stream. Never rejects.
 */
export async function receiveFrames(stream: Stream, options: InletOptions): Promise<void> {
  const decoder = new LengthPrefixedDecoder({
    maxDataLength: options.frameBytesMax,
    maxBufferSize: READ_BUFFER_BYTES,
  })
  spareEmptyReads(decoder)
  spareWindowUpdates(stream)
  const ended = Promise.withResolvers<void>()
  let handling: Promise<void> | undefined
  const idle = setTimeout(() => stream.abort(new Error('The stream was idle.')), IDLE_RECEIVE_MS).unref()
  const onMessage = (event: StreamMessageEvent): void => {
    idle.refresh()
    stream.pause()
    handling = handleChunk(event.data, decoder, stream, options).then(() => resume(stream))
  }
  stream.addEventListener('message', onMessage)
  stream.addEventListener('end', () => ended.resolve())
  stream.addEventListener('close', () => ended.resolve())
  if (stream.readableEnded || stream.status !== 'open') ended.resolve()
  await ended.promise
  clearTimeout(idle)
  await handling
  stream.removeEventListener('message', onMessage)
  // It fails only on a stream that is already gone.
  await stream.close().catch(() => undefined)
}

async function handleChunk(
  chunk: StreamMessageEvent['data'],
  decoder: LengthPrefixedDecoder,
  stream: Stream,
  options: InletOptions,
): Promise<void> {
  const frames = decoder.decode(chunk)
  for (;;) {
    let next: ReturnType<typeof frames.next>
    try {
      next = frames.next()
    } catch (error) {
      return giveUp('framesTooLarge', error)
    }
    if (next.done === true || stream.status === 'aborted') return
    try {
      // A copy, as a kept frame would otherwise keep the whole decrypted packet.
      await options.deliver(next.value.slice())
    } catch (error) {
      return giveUp('handlerFailures', error)
    }
  }

  function giveUp(counter: Counter, error: unknown): void {
    options.count(counter)
    stream.abort(toError(error))
  }
}

function resume(stream: Stream): void {
  if (stream.readStatus !== 'paused') return
  try {
    stream.resume()
  } catch (error) {
    // The connection went while the frame was being handled.
    stream.abort(toError(error))
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
