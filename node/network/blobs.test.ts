import type { Libp2p, Stream } from '@libp2p/interface'
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils'
import { afterEach, describe, expect, it } from 'vitest'
import { blobRefOf } from '../../protocol/ids.ts'
import { encodeBlobHeader } from './blob-header.ts'
import { BLOB_BYTES_MAX, BLOB_CHUNK_BYTES } from './limits.ts'
import { bytes, LoopbackSwarm, type Member, peerIdNamed, rawMember, SWARM } from './loopback-swarm.ts'
import { protocolName } from './protocol-name.ts'

const swarm = new LoopbackSwarm()
const liars: Libp2p[] = []
afterEach(async () => {
  await swarm.stopAll()
  await Promise.all(liars.splice(0).map(async (liar) => liar.stop()))
})

const NEVER = new AbortController().signal

/** A host and one that is connected to it and holds these bodies, under these digests. */
async function pair(held: ReadonlyArray<readonly [Uint8Array, Uint8Array]>): Promise<[Member, Member]> {
  const blobs = new Map(held.map(([named, body]) => [blobRefOf(named).digest, body]))
  const holder = await swarm.start('holder', { blobs })
  const asker = await swarm.start('asker', { bootstrap: holder.network.addresses() })
  await asker.diary.connectedTo(holder.network.id)
  return [asker, holder]
}

/** A member that answers blob requests as it likes. */
async function withLiar(answer: (frames: LengthPrefixedStream<Stream>) => Promise<void>): Promise<Member> {
  const liar = await rawMember('liar', ['/ip4/127.0.0.1/tcp/0'])
  liars.push(liar)
  await liar.handle(protocolName(SWARM, 'blob'), async (stream) => {
    const frames = lpStream(stream)
    await frames.read()
    await answer(frames)
  })
  const asker = await swarm.start('asker', { bootstrap: liar.getMultiaddrs().map(String) })
  await asker.diary.connectedTo(await peerIdNamed('liar'))
  return asker
}

describe('a blob', () => {
  it.each([0, 1, BLOB_CHUNK_BYTES, BLOB_CHUNK_BYTES + 1, BLOB_BYTES_MAX])(
    'of %i bytes arrives',
    async (size) => {
      const body = new Uint8Array(size).map((_, at) => at % 251)
      const [asker, holder] = await pair([[body, body]])
      const fetched = await asker.network.fetchBlob(holder.network.id, blobRefOf(body), NEVER)
      expect(Buffer.compare(fetched, body)).toBe(0)
      expect(holder.network.counters().blobsServed).toBe(1)
    },
  )

  it('can be fetched more often than streams may be open', async () => {
    const body = bytes('small')
    const [asker, holder] = await pair([[body, body]])
    for (let round = 0; round < 100; round += 1) {
      await asker.network.fetchBlob(holder.network.id, blobRefOf(body), NEVER)
    }
    expect(asker.network.counters()).toMatchObject({ blobsFetched: 100, blobsFetchFailed: 0 })
  })

  it('that is not held is missing', async () => {
    const [asker, holder] = await pair([])
    const fetching = asker.network.fetchBlob(holder.network.id, blobRefOf(bytes('unknown')), NEVER)
    await expect(fetching).rejects.toMatchObject({ code: 'blob_missing' })
    expect(holder.network.counters().blobsRefused).toBe(1)
  })

  it('above the limit is neither asked for nor given', async () => {
    const body = new Uint8Array(BLOB_BYTES_MAX + 1)
    const [asker, holder] = await pair([[body, body]])
    const tooLarge = asker.network.fetchBlob(holder.network.id, blobRefOf(body), NEVER)
    await expect(tooLarge).rejects.toMatchObject({ code: 'blob_too_large' })
    const shrunk = { ...blobRefOf(body), size: 1 }
    const understated = asker.network.fetchBlob(holder.network.id, shrunk, NEVER)
    await expect(understated).rejects.toMatchObject({ code: 'blob_missing' })
  })

  it('that rotted at its holder never arrives whole', async () => {
    const [asker, holder] = await pair([[bytes('right'), bytes('wrong')]])
    const fetching = asker.network.fetchBlob(holder.network.id, blobRefOf(bytes('right')), NEVER)
    await expect(fetching).rejects.toMatchObject({ name: 'NetworkError' })
    expect(holder.network.counters()).toMatchObject({ blobsServed: 0, blobsServeFailed: 1 })
  })

  it('of a peer that is not there is unreachable', async () => {
    const asker = await swarm.start('asker')
    const fetching = asker.network.fetchBlob(await peerIdNamed('nobody'), blobRefOf(bytes('x')), NEVER)
    await expect(fetching).rejects.toMatchObject({ code: 'unreachable' })
  })
})

describe('a lying holder', () => {
  const blob = blobRefOf(bytes('truth'))
  const cases = [
    ['other bytes', 'blob_mismatch', [encodeBlobHeader(5), bytes('lying')]],
    ['another size', 'blob_mismatch', [encodeBlobHeader(6), bytes('truth!')]],
    ['too many bytes', 'blob_mismatch', [encodeBlobHeader(5), bytes('truth and more')]],
    ['an oversized chunk', 'blob_mismatch', [encodeBlobHeader(5), new Uint8Array(BLOB_CHUNK_BYTES + 1)]],
    ['empty chunks', 'blob_mismatch', [encodeBlobHeader(5), new Uint8Array(0)]],
    ['no header', 'blob_mismatch', [bytes('truth')]],
    ['half of it', 'unreachable', [encodeBlobHeader(5), bytes('tr')]],
  ] as const

  it.each(cases)('that sends %s is found out: %s', async (_what, code, frames) => {
    const asker = await withLiar(async (stream) => {
      for (const frame of frames) await stream.write(frame)
      await stream.unwrap().close()
    })
    const fetching = asker.network.fetchBlob(await peerIdNamed('liar'), blob, NEVER)
    await expect(fetching).rejects.toMatchObject({ code })
    expect(asker.network.counters().blobsFetchFailed).toBe(1)
  })

  it('that never answers is given up on', async () => {
    const abort = new AbortController()
    const asker = await withLiar(async () => abort.abort())
    const fetching = asker.network.fetchBlob(await peerIdNamed('liar'), blob, abort.signal)
    await expect(fetching).rejects.toMatchObject({ code: 'blob_timeout' })
  })
})
