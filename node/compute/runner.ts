import { PROMPT_BYTES_MAX, ProviderFault, abortedOutcome, generationFailure } from './provider.ts'
import type { GenerationFailure, GenerationOutcome, GenerationRequest, Model, Provider } from './provider.ts'
import { createSlots } from './slots.ts'

/** Jobs whose leases run while they wait: more than this many would only be started to be taken over. */
const QUEUE_MAX = 64
/** The mind is told of progress at most twice a second: it persists nothing of it and shows it to people. */
const PROGRESS_INTERVAL_MS = 500
/** Lists come in milliseconds; a heartbeat that reports them is due every five seconds at most. */
const MODELS_TIMEOUT_MS = 2_000

export interface RunnerOptions {
  /** Asked in this order for the model of a request; the first that offers it runs it. */
  readonly providers: readonly Provider[]
  /** Generations at a time. */
  readonly slots: number
  /** For one generation, from the moment that it has a slot. */
  readonly timeoutMs: number
  readonly queueMax?: number
  /** Milliseconds of a monotone clock; for tests. */
  readonly now?: () => number
}

export interface RunRequest extends Omit<GenerationRequest, 'signal' | 'onToken'> {
  /** Names the run for `cancel`; one at a time may have it. */
  readonly key: string
}

export interface RunObserver {
  /** The tokens so far: with the first one, and then at most twice a second. */
  readonly onProgress: (tokens: number) => void
  readonly onToken?: (text: string) => void | Promise<void>
}

/** What a model that this node offers is run by. */
export interface OfferedModel extends Model {
  readonly provider: string
}

/**
 * Runs generations on this machine's providers, a bounded number at a time. Nothing of it is persistent: after a
 * crash the mind starts the runs again that it still has a lease for.
 */
export interface Runner {
  /**
   * Each model once, of the first provider that has it: the one that runs it. A provider that can't be asked is
   * left out. Without a signal a silent provider is waited for a few seconds.
   */
  models(signal?: AbortSignal): Promise<readonly OfferedModel[]>
  /** Doesn't reject while the providers keep their contract. */
  run(request: RunRequest, observer: RunObserver): Promise<GenerationOutcome>
  /** Ends a running or waiting generation with `cancelled`; false when there is none of this key. */
  cancel(key: string): boolean
  /** Refuses new runs, cancels all others and waits for their ends. */
  close(): Promise<void>
}

export function createRunner({
  providers,
  slots: slotCount,
  timeoutMs,
  queueMax = QUEUE_MAX,
  now = () => performance.now(),
}: RunnerOptions): Runner {
  const slots = createSlots(slotCount, queueMax)
  const runs = new Map<string, { readonly controller: AbortController; readonly ended: Promise<unknown> }>()
  let closed = false

  const refusal = ({ key, prompt }: RunRequest): GenerationFailure | undefined => {
    if (closed) return generationFailure('runner_closed', 'The node is stopping.')
    if (runs.has(key)) return generationFailure('already_running', 'A run of this key has not ended yet.')
    if (Buffer.byteLength(prompt) > PROMPT_BYTES_MAX) {
      return generationFailure('prompt_too_large', `The prompt passes ${PROMPT_BYTES_MAX} bytes.`)
    }
    return slots.full ? generationFailure('queue_full', `${queueMax} runs are waiting already.`) : undefined
  }

  const runInSlot = async (request: RunRequest, observer: RunObserver, controller: AbortController) => {
    const { signal } = controller
    const release = await slots.acquire(signal)
    if (release === undefined) return abortedOutcome(signal)
    const late = () => controller.abort(new DOMException('The generation took too long.', 'TimeoutError'))
    const timer = setTimeout(late, timeoutMs)
    try {
      const provider = await providerOf(providers, request.model, signal)
      if (signal.aborted) return abortedOutcome(signal)
      if ('ok' in provider) return provider
      const { key: _, ...generation } = request
      return await provider.generate({ ...generation, signal, onToken: reporting(observer, now) })
    } finally {
      clearTimeout(timer)
      release()
    }
  }

  return {
    models: (signal = AbortSignal.timeout(MODELS_TIMEOUT_MS)) => offeredModels(providers, signal),

    async run(request, observer) {
      const refused = refusal(request)
      if (refused !== undefined) return refused
      const controller = new AbortController()
      const outcome = runInSlot(request, observer, controller)
      runs.set(request.key, { controller, ended: outcome.catch(() => undefined) })
      try {
        return await outcome
      } finally {
        runs.delete(request.key)
      }
    },

    cancel(key) {
      const run = runs.get(key)
      run?.controller.abort()
      return run !== undefined
    },

    async close() {
      closed = true
      for (const { controller } of runs.values()) controller.abort()
      await Promise.all([...runs.values()].map((run) => run.ended))
    },
  }
}

/** Counts tokens for the observer before it passes each on. */
function reporting(
  { onProgress, onToken }: RunObserver,
  now: () => number,
): (text: string) => void | Promise<void> {
  let tokens = 0
  let reportedAt = Number.NEGATIVE_INFINITY
  return (text) => {
    tokens += 1
    if (now() - reportedAt >= PROGRESS_INTERVAL_MS) {
      reportedAt = now()
      onProgress(tokens)
    }
    return onToken?.(text)
  }
}

async function providerOf(
  providers: readonly Provider[],
  model: string,
  signal: AbortSignal,
): Promise<Provider | GenerationFailure> {
  let failure = generationFailure('model_unknown', 'No provider of this node has the model.')
  for (const provider of providers) {
    try {
      const models = await provider.models(signal)
      if (models.some((offered) => offered.name === model)) return provider
    } catch (error) {
      if (!(error instanceof ProviderFault)) throw error
      // The model may be the silent provider's: that is worth another try, an unknown model isn't.
      failure = error.outcome
    }
  }
  return failure
}

async function offeredModels(providers: readonly Provider[], signal: AbortSignal): Promise<OfferedModel[]> {
  const offers = new Map<string, OfferedModel>()
  for (const provider of providers) {
    try {
      for (const model of await provider.models(signal)) {
        if (!offers.has(model.name)) offers.set(model.name, { ...model, provider: provider.name })
      }
    } catch (error) {
      if (!(error instanceof ProviderFault)) throw error
    }
  }
  return [...offers.values()]
}
