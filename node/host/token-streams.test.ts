import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { blobRefOf } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/params.ts'
import { HELD_BYTES_MIN, TokenStreams } from './token-streams.ts'

const JOB = blobRefOf(Uint8Array.of(1)).digest
const NEVER = new AbortController().signal
const LONG = 'x'.repeat(HELD_BYTES_MIN)

/** Reads on while there is something to read, as a reader does that is never slow. */
function readerOf(streams: TokenStreams, signal: AbortSignal = NEVER) {
  const pieces = streams.read(JOB, signal)?.[Symbol.asyncIterator]()
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let text = ''
  let isOver = false
  const ended = (async () => {
    for (;;) {
      const next = await pieces?.next()
      if (next === undefined || next.done === true) break
      text += decoder.decode(next.value, { stream: true })
    }
    isOver = true
  })()
  /** What has been read once nothing is left to do. */
  const seen = async () => {
    await new Promise(setImmediate)
    return { text, isOver }
  }
  return { seen, ended }
}

describe('an answer while it is made', () => {
  it('holds nothing of a reader that has gone, whether it read all or not', async () => {
    const streams = new TokenStreams()
    const answer = streams.begin(JOB, 0)
    const [early, late] = [new AbortController(), new AbortController()]
    const readers = [early, late].map(({ signal }) => readerOf(streams, signal))
    for (let piece = 0; piece < 10; piece += 1) {
      answer.append(LONG)
      for (const { seen } of readers) await seen()
    }
    const listeners = () => [early, late].map(({ signal }) => getEventListeners(signal, 'abort').length)
    expect(listeners()).toEqual([1, 1])
    early.abort()
    await readers[0]?.ended
    expect(listeners()).toEqual([0, 1])
    streams.release(JOB, 0)
    await readers[1]?.ended
    expect(listeners()).toEqual([0, 0])
  })

  it('is shown but for its last piece, which is at least so long, until it is released', async () => {
    const streams = new TokenStreams()
    const answer = streams.begin(JOB, 0)
    const { seen } = readerOf(streams)
    answer.append('first ')
    expect(await seen()).toEqual({ text: '', isOver: false })
    answer.append(LONG)
    expect(await seen()).toEqual({ text: 'first ', isOver: false })
    // Piece by piece: what is held is whole pieces, no fewer than it takes.
    answer.append('y')
    expect(await seen()).toEqual({ text: 'first ', isOver: false })
    answer.append('z'.repeat(HELD_BYTES_MIN - 1))
    expect(await seen()).toEqual({ text: `first ${LONG}`, isOver: false })
    answer.end(true)
    expect(await seen()).toEqual({ text: `first ${LONG}`, isOver: false })
    streams.release(JOB, 0)
    expect(await seen()).toEqual({ text: `first ${LONG}y${'z'.repeat(HELD_BYTES_MIN - 1)}`, isOver: true })
  })

  it('is held back as a whole where it is short', async () => {
    const streams = new TokenStreams()
    const answer = streams.begin(JOB, 0)
    const { seen } = readerOf(streams)
    for (const piece of ['4', '2']) answer.append(piece)
    answer.end(true)
    expect(await seen()).toEqual({ text: '', isOver: false })
    // Of another attempt.
    streams.release(JOB, 1)
    expect(await seen()).toEqual({ text: '', isOver: false })
    streams.release(JOB, 0)
    expect(await seen()).toEqual({ text: '42', isOver: true })
  })

  it('is whole where a piece ends within a character', async () => {
    const streams = new TokenStreams()
    const answer = streams.begin(JOB, 0)
    const { seen } = readerOf(streams)
    for (const piece of ['a', '\uD83E', '\uDDF5', 'ö']) answer.append(piece)
    streams.release(JOB, 0)
    expect(await seen()).toEqual({ text: 'a🧵ö', isOver: true })
  })

  it.each(['a failed run', 'a run that nobody wants'])(
    'ends with %s, its last piece never shown',
    async (what) => {
      const streams = new TokenStreams()
      const answer = streams.begin(JOB, 0)
      const { seen } = readerOf(streams)
      answer.append('first ')
      answer.append(LONG)
      if (what === 'a failed run') answer.end(false)
      else streams.drop(JOB)
      expect(await seen()).toEqual({ text: 'first ', isOver: true })
      if (what !== 'a failed run') expect(streams.read(JOB, NEVER)).toBeUndefined()
    },
  )

  it('begins anew with a new run, for whoever reads from then on', async () => {
    const streams = new TokenStreams()
    streams.begin(JOB, 0).append(LONG)
    const before = readerOf(streams)
    const answer = streams.begin(JOB, 1)
    expect(await before.seen()).toEqual({ text: '', isOver: true })
    answer.append('other')
    answer.append(LONG)
    expect(await readerOf(streams).seen()).toEqual({ text: 'other', isOver: false })
  })

  it('takes no more than an answer may have, however slow its readers are', async () => {
    const streams = new TokenStreams()
    const answer = streams.begin(JOB, 0)
    const slow = streams.read(JOB, NEVER)?.[Symbol.asyncIterator]()
    for (let at = 0; at < 2 * LIMITS.answerBytes; at += 1_024) answer.append('z'.repeat(1_024))
    streams.release(JOB, 0)
    const first = await slow?.next()
    expect(first?.value).toHaveLength(LIMITS.answerBytes)
    expect((await slow?.next())?.done).toBe(true)
  })

  it('lets go a reader that has gone', async () => {
    const streams = new TokenStreams()
    streams.begin(JOB, 0)
    const gone = new AbortController()
    const { ended } = readerOf(streams, gone.signal)
    gone.abort()
    await ended
  })
})
