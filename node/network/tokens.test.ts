import type { Libp2p, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, it } from 'vitest'
import { blobRefOf, digestToBytes, type JobId, type PeerId } from '../../protocol/ids.ts'
import { TOKEN_FRAME_BYTES, TOKEN_STREAMS } from './limits.ts'
import { bytes, LoopbackSwarm, type Member, peerIdNamed, rawMember, SWARM, text } from './loopback-swarm.ts'
import type { NetworkOptions } from './network.ts'
import { protocolName } from './protocol-name.ts'

const swarm = new LoopbackSwarm()
afterEach(() => swarm.stopAll())

const JOB = blobRefOf(Uint8Array.of(1)).digest
const NEVER = new AbortController().signal

async function pair(tokens: NetworkOptions['handlers']['serveTokens']) {
  const runner = await swarm.start('runner', { tokens })
  const reader = await swarm.start('reader', { bootstrap: runner.network.addresses() })
  await reader.diary.connectedTo(runner.network.id)
  return {
    runner,
    reader,
    read: (signal = NEVER) => reader.network.readTokens(runner.network.id, JOB, signal),
  }
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const found: Uint8Array[] = []
  for await (const piece of pieces) found.push(piece)
  return found
}

it('brings an answer as it comes, to whom its server knows by its key', async () => {
  const asked: [PeerId, JobId][] = []
  const second = Promise.withResolvers<Uint8Array>()
  const { runner, reader, read } = await pair((to, job) => {
    asked.push([to, job])
    return (async function* () {
      yield bytes('first')
      yield await second.promise
    })()
  })
  const pieces = read()[Symbol.asyncIterator]()
  const next = async () => {
    const step = await pieces.next()
    return step.done === true ? 'over' : text(step.value)
  }
  expect(await next()).toBe('first')
  second.resolve(bytes('second'))
  expect(await next()).toBe('second')
  expect(await next()).toBe('over')
  expect(asked).toEqual([[reader.network.id, JOB]])
  expect(runner.network.counters().tokenStreamsServed).toBe(1)
})

it.each([TOKEN_FRAME_BYTES, TOKEN_FRAME_BYTES + 1])('cuts a piece of %i bytes into frames', async (size) => {
  const piece = new Uint8Array(size).map((_, at) => at % 251)
  const { read } = await pair(async function* () {
    yield piece
  })
  const found = await all(read())
  expect(found.map(({ length }) => length)).toEqual(
    size > TOKEN_FRAME_BYTES ? [TOKEN_FRAME_BYTES, 1] : [size],
  )
  expect(Buffer.compare(Buffer.concat(found), piece)).toBe(0)
})

it('says to whoever may not have it no more than that there is nothing', async () => {
  const { runner, read } = await pair(() => undefined)
  await expect(all(read())).rejects.toMatchObject({ code: 'tokens_missing' })
  expect(runner.network.counters().tokenStreamsRefused).toBe(1)
})

it('waits for a slow reader, and lets go of one that has gone', async () => {
  let taken = 0
  const ended = Promise.withResolvers<void>()
  const { read } = await pair(async function* (_to, _job, signal) {
    try {
      for (; !signal.aborted; taken += 1) yield new Uint8Array(TOKEN_FRAME_BYTES)
    } finally {
      ended.resolve()
    }
  })
  const gone = new AbortController()
  const pieces = read(gone.signal)[Symbol.asyncIterator]()
  await pieces.next()
  // Far less than would come without an end: what isn't read stays where it is made.
  expect(taken).toBeLessThan(10_000)
  await pieces.return?.()
  gone.abort()
  await ended.promise
})

it('ends for a peer that breaks off, and for one that answers nonsense', async () => {
  const { read } = await pair(async function* () {
    yield bytes('first')
    throw new Error('as planned')
  })
  await expect(all(read())).rejects.toMatchObject({ code: 'unreachable' })

  const liar = await rawMember('liar', ['/ip4/127.0.0.1/tcp/0'])
  try {
    await liar.handle(protocolName(SWARM, 'tokens'), async (stream) => {
      const frames = lpStream(stream)
      await frames.read()
      await frames.write(new Uint8Array(2 * TOKEN_FRAME_BYTES))
    })
    const asker = await swarm.start('asker', { bootstrap: liar.getMultiaddrs().map(String) })
    const id = await peerIdNamed('liar')
    await asker.diary.connectedTo(id)
    await expect(all(asker.network.readTokens(id, JOB, NEVER))).rejects.toMatchObject({ code: 'unreachable' })
  } finally {
    await liar.stop()
  }
})

/** A member's streams to a runner, of as many connections as they take. */
async function streamsOf(name: string, runner: Member, count: number): Promise<readonly Stream[]> {
  const raw = await rawMember(name)
  made.push(raw)
  const address = multiaddr(runner.network.addresses()[0])
  const streams: Stream[] = []
  let connection = await raw.dial(address)
  for (let at = 0; at < count; at += 1) {
    if (at > 0 && at % TOKEN_STREAMS === 0) connection = await raw.dial(address, { force: true })
    streams.push(await connection.newStream(protocolName(SWARM, 'tokens')))
  }
  return streams
}

const made: Libp2p[] = []
afterEach(async () => {
  for (const node of made.splice(0)) await node.stop()
})

it('goes to one reader no oftener than over one connection, however many it has', async () => {
  const isOver = Promise.withResolvers<void>()
  const { runner } = await pair(async function* () {
    yield bytes('an answer')
    await isOver.promise
  })
  // Those of the first connection ask for nothing, and count for nothing.
  const streams = (await streamsOf('greedy', runner, 2 * TOKEN_STREAMS + 1)).slice(TOKEN_STREAMS)
  const firsts: (number | undefined)[] = []
  for (const stream of streams) {
    const frames = lpStream(stream)
    await frames.write(digestToBytes(JOB))
    firsts.push((await frames.read()).subarray()[0])
  }
  isOver.resolve()
  const [text, missing] = [0, 2]
  expect(firsts).toEqual([...Array.from({ length: TOKEN_STREAMS }, () => text), missing])
})
