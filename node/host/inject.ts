import { sha256 } from '@noble/hashes/sha2.js'
import type { Topic } from '../../protocol/encoding/kinds.ts'
import { digestFromBytes, type PeerId } from '../../protocol/ids.ts'
import type { Backend, Ruling } from '../api/backend.ts'
import { createBoundedCache } from '../crypto/bounded-cache.ts'
import type { MindHost } from './mind-host.ts'
import type { Wire } from './ports.ts'

/** Accepted frames that are known again, so that a copy of one isn't spread a second time; 100 bytes each. */
const REMEMBERED_MAX = 4_096
/**
 * Who pays for frames that came over HTTP: nobody has shown yet that their signer sent them, so they share one
 * budget of their own, and a flood of them leaves every member's alone.
 */
const CHARGED_TO = 'http'

interface InjectorOptions {
  readonly self: PeerId
  readonly host: Pick<MindHost, 'judge'>
  readonly wire: Pick<Wire, 'publish'>
}

/**
 * Messages that come over HTTP: the same intake as gossip, and the same forwarding of what it accepts. Unlike gossip,
 * anybody can bring here what a member signed long ago, as often as he likes, so what says nothing new goes no further.
 */
export function createInjector({ self, host, wire }: InjectorOptions): Backend['inject'] {
  const seen = createBoundedCache<true>(REMEMBERED_MAX)
  return async (
    frame: Uint8Array,
    source: { readonly from: PeerId; readonly via: Topic },
  ): Promise<Ruling> => {
    // Somebody hands this peer's own words back to it, which gossip never does.
    if (source.from === self) return { verdict: 'ignore', code: 'own_message' }
    const digest = digestFromBytes(sha256(frame))
    if (seen.get(digest) === true) return { verdict: 'ignore', code: 'duplicate' }
    const ruling = await host.judge(frame, source, CHARGED_TO)
    if (ruling.verdict !== 'accept') return ruling
    seen.set(digest, true)
    wire.publish(source.via, frame)
    return ruling
  }
}
