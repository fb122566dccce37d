import { setTimeout as pause } from 'node:timers/promises'
import { encodeJoinRequest } from '../../protocol/swarm/joining.ts'
import type { Joined } from '../config/join-files.ts'

/** Members that know this peer are heard by then. */
const FIRST_MS = 5_000
/** Of those that don't, each asks the others within a minute anyway. */
const WAIT_MS_MAX = 60_000
const ASK_MS = 10_000

export interface IntroductionOptions {
  readonly joined: Joined
  /** Whether any other member is heard of: none talks to a stranger. */
  readonly isHeard: () => boolean
  /** As `askJoin`: rejects when there is no answer. */
  readonly ask: (address: string, request: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>
}

/**
 * Shows the certificate of this peer's join to members of its invitation while no member at all is heard: they
 * may not have heard of the join, and turn a stranger away. A peer that they know never needs it. Stops by the result.
 */
export function introduce(options: IntroductionOptions): () => Promise<void> {
  const stopping = new AbortController()
  const running = run(options, stopping.signal).catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error
  })
  return async () => {
    stopping.abort()
    await running
  }
}

async function run({ joined, isHeard, ask }: IntroductionOptions, signal: AbortSignal): Promise<void> {
  const request = encodeJoinRequest({ type: 'show', certificate: joined.certificate })
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(2 * waitMs, WAIT_MS_MAX)) {
    await pause(waitMs, undefined, { signal })
    if (isHeard()) return
    for (const address of joined.addresses) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)])
      // Whoever admits this peer by it is dialled again anyway; whoever doesn't answer is asked again later.
      await ask(address, request, limited).catch(() => undefined)
    }
  }
}
