import { randomBytes } from 'node:crypto'
import type { Connection } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import { PROBE_MS } from './limits.ts'

const PING = '/ipfs/ping/1.0.0'
const PING_BYTES = 32

/**
 * Closes a connection that doesn't answer: one whose address has gone stays open, sends into nothing and would
 * be noticed only by the next regular ping's timeout. Never rejects.
 */
export async function probe(connection: Connection): Promise<void> {
  const signal = AbortSignal.timeout(PROBE_MS)
  try {
    const stream = await connection.newStream(PING, { signal })
    const bytes = byteStream(stream)
    await bytes.write(new Uint8Array(randomBytes(PING_BYTES)), { signal })
    await bytes.read({ bytes: PING_BYTES, signal })
    await stream.close({ signal })
  } catch {
    connection.abort(new Error('The connection answers no ping.'))
  }
}
