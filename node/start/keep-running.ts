import type { Daemon } from '../daemon.ts'

/** A peer that goes astray again so soon would go on doing so: somebody has to look. */
const BEGINNINGS_MS = 3_600_000

/** Why, and what follows, the start says that does it (`host/records`). */
const ANEW = 'this peer has gone astray: it is stopped and started again'
const AGAIN =
  'this peer has gone astray for the second time within an hour, and stays as it is: look at who its connections are, make a backup, and start it again; it then fetches the ledger anew'

export type Running = Pick<Daemon, 'broken' | 'exitAsked' | 'astray' | 'stop'>

export interface KeepRunningOptions<T extends Running> {
  /** Starts the peer; `isFirst` is false where it only begins anew. */
  readonly start: (isFirst: boolean) => Promise<T>
  /** Resolves when whoever runs the process asks it to end. */
  readonly asked: Promise<unknown>
  readonly warn: (sentence: string) => void
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number
}

/**
 * Runs a peer until it is asked to end, and then stops it; or until it breaks, with what broke it. One that has gone
 * astray is stopped and started again, which begins its ledger anew: nobody has to be there for that. Not so a second
 * time within an hour: then it is only said. Rejects with what `start` rejects with.
 */
export async function keepRunning<T extends Running>({
  start,
  asked,
  warn,
  now = () => performance.now(),
}: KeepRunningOptions<T>): Promise<{ readonly error: unknown } | undefined> {
  let begunMs: number | undefined
  for (;;) {
    const daemon = await start(begunMs === undefined)
    const ended = Promise.race([
      asked.then(() => undefined),
      daemon.exitAsked.then(() => undefined),
      daemon.broken.then((error) => ({ error })),
    ])
    let end = await Promise.race([ended, daemon.astray.then(() => 'astray' as const)])
    if (end === 'astray' && begunMs !== undefined && now() - begunMs < BEGINNINGS_MS) {
      warn(AGAIN)
      end = await ended
    }
    if (end !== 'astray' && end !== undefined) return end
    if (end === 'astray') warn(ANEW)
    await daemon.stop()
    if (end === undefined) return undefined
    begunMs = now()
  }
}
