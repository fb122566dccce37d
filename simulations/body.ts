import type { Digest, PeerId } from '../protocol/ids.ts'
import { ASTRAY_PREFIXES, astrayEnds } from '../protocol/records/astray.ts'
import { keys } from '../protocol/records/keys.ts'
import type { Event } from '../protocol/peer/event.ts'
import type { PeerView } from '../protocol/peer/view.ts'
import type { BlobServer } from './blobs.ts'
import type { BodyOptions } from './body-options.ts'
import { createLife, type Life } from './life.ts'
import type { Endpoint } from './network.ts'

/** A peer's machine: its disk and bodies outlive its processes, of which at most one lives. */
export interface Body extends Endpoint, BlobServer {
  readonly running: boolean
  /** The living mind's view. */
  readonly view: PeerView | undefined
  start(): void
  crash(): void
  handle(event: Event): void
}

// One card's worth; candidates are never filtered by memory in these worlds.
const VRAM_MB = 24_000
const RUN_SLOTS = 4

export function createBody(options: BodyOptions): Body {
  const { self, disk, observe } = options
  let life: Life | undefined
  let boot = 0

  const handle = (event: Event) => life?.handle(event)

  const crash = () => {
    if (life === undefined) return
    life.end()
    life = undefined
    disk.crash()
    options.blobs.crash()
    options.network.leave(self)
    observe({ type: 'crashed', peer: self })
  }

  return {
    get running() {
      return life !== undefined
    },
    get view() {
      return life?.mind.view
    },
    start() {
      if (life !== undefined) throw new Error('a machine runs one process of a peer')
      boot += 1
      observe({ type: 'started', peer: self, boot })
      // As a daemon does with the store of a peer that has gone astray, before its mind is made.
      const astray = disk.get(keys.astray)
      if (astray !== undefined) disk.rewrite(ASTRAY_PREFIXES, astrayEnds(astray))
      const mind = options.createMind()
      for (const record of disk.hotRecords()) mind.restore(record)
      life = createLife(options, mind, (point) => {
        if (!options.fails(point)) return false
        crash()
        return true
      })
      handle({ type: 'start', boot, addresses: [], version: 'simulation' })
      const capabilities = { offers: options.offers, vramTotalMb: VRAM_MB, slots: RUN_SLOTS }
      handle({ type: 'capabilities', capabilities })
    },
    crash,
    handle,
    connected(peer, roundTripMs) {
      handle({ type: 'connected', peer })
      handle({ type: 'latency', peer, ms: roundTripMs })
    },
    disconnected: (peer) => handle({ type: 'disconnected', peer }),
    receive: (frame, source) => life?.receive(frame, source),
    serve: (to: PeerId, digest: Digest) => life?.serve(to, digest),
  }
}
