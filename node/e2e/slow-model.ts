import { setTimeout as pause } from 'node:timers/promises'
import { type OllamaTestServer, startOllamaTestServer } from '../compute/ollama-test-server.ts'

export interface SlowModel extends OllamaTestServer {
  /** When each generation that was given up lost its client, milliseconds since 1970. */
  readonly givenUpMs: readonly number[]
  /** Generations under way. */
  readonly running: () => number
}

/** A model that takes its time, and says the same to everybody. */
export async function startSlowModel(runMs: number): Promise<SlowModel> {
  const givenUpMs: number[] = []
  let running = 0
  const server = await startOllamaTestServer({
    scripts: {
      async slow(reply) {
        running += 1
        const isGone = await Promise.race([pause(runMs, false), reply.gone.then(() => true)])
        running -= 1
        if (isGone) {
          givenUpMs.push(Date.now())
          return
        }
        await reply.line({ response: 'An answer that took its time.', done: false })
        await reply.line({ response: '', done: true, done_reason: 'stop', eval_count: 6 })
        reply.end()
      },
    },
  })
  return { ...server, givenUpMs, running: () => running }
}
