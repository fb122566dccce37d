import type { PeerId } from '../../protocol/ids.ts'

interface Link {
  readonly peer: PeerId
  readonly latencyMs?: number | undefined
}

/** As often as connections are pinged: a witness's report is never staler than that. */
const READ_MS = 10_000

/** Tells the mind again and again what pings measured, whole milliseconds; returns how to stop. */
export function watchLatencies(
  links: () => readonly Link[],
  measured: (peer: PeerId, ms: number) => void,
): () => void {
  const read = (): void => {
    for (const { peer, latencyMs } of links()) if (latencyMs !== undefined) measured(peer, latencyMs)
  }
  const timer = setInterval(read, READ_MS)
  return () => clearInterval(timer)
}
