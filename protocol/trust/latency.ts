import { type Infer, list, peerId, struct, uint } from '../encoding/codec.ts'
import { signedCodec } from '../encoding/signed.ts'
import type { PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'

/** A round trip above this is as good as none. */
const LATENCY_MS_MAX = 60_000

/** Round trips that a witness measured, for the one snapshot `number`; peers ascending. */
export const LATENCY = {
  kind: 'latency',
  body: struct({
    number: uint(Number.MAX_SAFE_INTEGER, 1),
    peers: list(struct({ peer: peerId, ms: uint(LATENCY_MS_MAX) }), { max: LIMITS.reported }),
  }),
} as const
export type LatencyReport = Infer<typeof LATENCY.body>
export const signedReport = signedCodec(LATENCY)

/**
 * Lower median of the reports that name a peer. Where all q do, f liars among them can't move it beyond what honest
 * witnesses measured; a peer that few have measured has only their word, and latency weighs little.
 */
export function mediansOf(reports: readonly LatencyReport[]): ReadonlyMap<PeerId, number> {
  const named = new Map<PeerId, number[]>()
  for (const { peers } of reports) {
    for (const { peer, ms } of peers) named.set(peer, [...(named.get(peer) ?? []), ms])
  }
  const medians = [...named].map(([peer, values]): [PeerId, number] => {
    const sorted = values.toSorted((a, b) => a - b)
    return [peer, sorted[Math.floor((sorted.length - 1) / 2)] ?? 0]
  })
  return new Map(medians)
}

/** What this peer's host measured of its connections; members only, so it is as bounded as they are. */
export class Measured {
  readonly #ms = new Map<PeerId, number>()

  set(peer: PeerId, ms: number): void {
    const isKnown = this.#ms.has(peer)
    if (!isKnown && this.#ms.size >= LIMITS.heartbeats) return
    this.#ms.set(peer, Math.min(Math.max(0, Math.floor(ms)), LATENCY_MS_MAX))
  }

  forget(peer: PeerId): void {
    this.#ms.delete(peer)
  }

  /** A report for a snapshot. With more peers than one may name, each snapshot's goes on behind the last one's. */
  report(number: number): LatencyReport {
    const all = [...this.#ms].map(([peer, ms]) => ({ peer, ms })).sort(byPeer)
    const start = all.length > LIMITS.reported ? (number * LIMITS.reported) % all.length : 0
    const turned = [...all.slice(start), ...all.slice(0, start)]
    return { number, peers: turned.slice(0, LIMITS.reported).sort(byPeer) }
  }
}

function byPeer(a: { readonly peer: PeerId }, b: { readonly peer: PeerId }): number {
  return a.peer < b.peer ? -1 : 1
}
