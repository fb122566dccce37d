import type { Capabilities } from '../../protocol/peer/event.ts'
import type { Digest } from '../../protocol/ids.ts'

/** What a node's offers are made of; the compute room knows it. */
export interface Abilities {
  models(): Promise<readonly { readonly name: string; readonly digest: Digest; readonly warm: boolean }[]>
  hardware(): Promise<{
    readonly loadPercent: number
    readonly vramTotalBytes: number
    readonly vramFreeBytes: number
  }>
}

export interface Terms {
  readonly price: bigint
  readonly region: string
  readonly slots: number
}

/** Answers of a warm model of usual size begin within about a second. */
const ETA_MS = 1_000
/** Models come and go, and load changes: often enough for an election, seldom enough to cost nothing. */
const REFRESH_MS = 30_000
const BYTES_PER_MEBIBYTE = 1_024 * 1_024

export async function readCapabilities(abilities: Abilities, terms: Terms): Promise<Capabilities> {
  const [models, hardware] = await Promise.all([abilities.models(), abilities.hardware()])
  const { loadPercent, vramTotalBytes, vramFreeBytes } = hardware
  const offers = models.map(({ name, digest, warm }) => ({
    price: terms.price,
    etaMs: ETA_MS,
    model: name,
    modelDigest: digest,
    cached: warm,
    vramFreeMb: Math.floor(vramFreeBytes / BYTES_PER_MEBIBYTE),
    loadMilli: loadPercent * 10,
    region: terms.region,
    modes: ['process' as const],
  }))
  return { offers, vramTotalMb: Math.floor(vramTotalBytes / BYTES_PER_MEBIBYTE), slots: terms.slots }
}

/** Reads what this node can do again and again; returns how to stop. A reading that fails waits for the next. */
export function watchCapabilities(
  read: () => Promise<Capabilities>,
  changed: (capabilities: Capabilities) => void,
  failed: (error: unknown) => void,
): () => void {
  const timer = setInterval(() => void read().then(changed, failed), REFRESH_MS)
  return () => clearInterval(timer)
}
