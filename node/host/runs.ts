import { TOLD_SLOT } from '../../protocol/api/socket-messages.ts'
import { randomBytes } from 'node:crypto'
import type { JobId } from '../../protocol/ids.ts'
import type { RunOrder } from '../../protocol/peer/effect.ts'
import type { Event, RunOutcome } from '../../protocol/peer/event.ts'
import type { Bodies, Engine } from './ports.ts'
import type { TokenStreams } from './token-streams.ts'
import { bodyOf, textOf } from './text.ts'

interface RunsOptions {
  readonly bodies: Bodies
  readonly engine: Engine
  /** Takes answers as they come. */
  readonly tokens: TokenStreams
  readonly handle: (event: Event) => void
  readonly onFailure: (error: unknown) => void
}

/** Carries out the mind's run orders. Nothing of it is persistent: after a crash the mind orders again. */
export class Runs {
  readonly #options: RunsOptions
  readonly #running = new Map<string, JobId>()

  constructor(options: RunsOptions) {
    this.#options = options
  }

  /** A repeat of an order that is being carried out changes nothing. */
  start(order: RunOrder): void {
    const key = `${order.job}/${order.step}/${order.slot}`
    if (this.#running.has(key)) return
    this.#running.set(key, order.job)
    void this.#carryOut(key, order)
  }

  stop(job: JobId): void {
    this.#options.tokens.drop(job)
    for (const [key, running] of this.#running) if (running === job) this.#options.engine.cancel(key)
  }

  async #carryOut(key: string, order: RunOrder): Promise<void> {
    const { job, step, slot } = order
    try {
      const outcome = await this.#run(key, order)
      this.#running.delete(key)
      const entropy = new Uint8Array(randomBytes(32))
      this.#options.handle({ type: 'finished', job, step, slot, outcome, entropy })
    } catch (error) {
      this.#options.onFailure(error)
    }
  }

  async #run(key: string, { job, step, slot, prompt, model, sampling }: RunOrder): Promise<RunOutcome> {
    const { bodies, engine, tokens, handle } = this.#options
    // At once: whoever heard that this run has begun may read along from now on.
    const shown = slot === TOLD_SLOT ? tokens.begin(job, step) : undefined
    const body = await bodies.get(prompt.digest)
    if (body === undefined) {
      shown?.end(false)
      return { ok: false, code: 'prompt_missing', detail: 'The prompt is not held here.' }
    }
    const { temperatureMilli, seed, maxTokens } = sampling
    const task = { key, model, prompt: textOf(body), temperature: temperatureMilli / 1_000, seed, maxTokens }
    const onProgress = (count: number): void => handle({ type: 'progress', job, step, slot, tokens: count })
    const end = await engine.run(task, {
      onProgress,
      ...(shown === undefined ? {} : { onToken: (text) => shown.append(text) }),
    })
    shown?.end(end.ok)
    if (!end.ok) return { ok: false, code: end.code, detail: end.detail }
    const answer = await bodies.put(bodyOf(end.text))
    return { ok: true, answer, tokens: end.tokens, durationMs: Math.max(0, Math.round(end.durationMs)) }
  }
}
