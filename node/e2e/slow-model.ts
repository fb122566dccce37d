import { setTimeout as pause } from 'node:timers/promises'
import { type OllamaTestServer, startOllamaTestServer } from '../compute/ollama-test-server.ts'

export interface SlowModel extends OllamaTestServer {
  /** When each generation that was given up lost its client, milliseconds since 1970. */
  readonly givenUpMs: readonly number[]
  /** Generations under way. */
  readonly running: () => number
  /** From now on nobody waits for an answer any longer. */
  readonly hurry: () => void
}

/** A model that takes its time, and says the same to everybody. */
export async function startSlowModel(runMs: number): Promise<SlowModel> {
  const givenUpMs: number[] = []
  const hurried = Promise.withResolvers<false>()
  let running = 0
  const server = await startOllamaTestServer({
    scripts: {
      async slow(reply) {
        running += 1
        const isGone = await Promise.race([pause(runMs, false), hurried.promise, reply.gone.then(() => true)])
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
  return { ...server, givenUpMs, running: () => running, hurry: () => hurried.resolve(false) }
}

interface WordModelOptions {
  /** After its last word it waits for as long as somebody listens. */
  readonly neverEnds?: boolean
}

/** A model that gives one word after another. */
export function startWordModel(
  words: readonly string[],
  wordMs: number,
  { neverEnds = false }: WordModelOptions = {},
): Promise<OllamaTestServer> {
  return startOllamaTestServer({
    scripts: {
      async words(reply) {
        for (const response of words) {
          const isGone = await Promise.race([pause(wordMs, false), reply.gone.then(() => true)])
          if (isGone) return
          await reply.line({ response, done: false })
        }
        if (neverEnds) await reply.gone
        await reply.line({ response: '', done: true, done_reason: 'stop', eval_count: words.length })
        reply.end()
      },
    },
  })
}
