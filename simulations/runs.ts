import type { RunOrder } from '../protocol/peer/effect.ts'
import type { Event, RunOutcome } from '../protocol/peer/event.ts'
import type { BlobStore } from './blobs.ts'
import type { HostFaults } from './faults.ts'
import type { Random } from './random.ts'
import type { Runner, RunPlan } from './runner.ts'
import type { Scheduler, Task } from './scheduler.ts'

/** Runs of one process's life. */
export interface Runs {
  start(order: RunOrder): void
  stop(job: string): void
  end(): void
}

export interface RunsOptions {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly runner: Runner
  readonly blobs: BlobStore
  readonly faults: () => HostFaults
  readonly handle: (event: Event) => void
}

interface Running {
  readonly job: string
  readonly tasks: readonly Task[]
}

export function createRuns(options: RunsOptions): Runs {
  const { scheduler, random, runner, blobs, faults, handle } = options
  // What was ordered once isn't run again: minds repeat orders freely.
  const ordered = new Map<string, Running>()

  const schedule = (order: RunOrder, plan: RunPlan): Running => {
    const { job, step, slot } = order
    const tokens = plan.tokens >> 1
    const progress = () => handle({ type: 'progress', job, step, slot, tokens })
    const finish = () => {
      const outcome = outcomeOf(plan, blobs)
      handle({ type: 'finished', job, step, slot, outcome, entropy: random.bytes(32) })
    }
    const tasks = [scheduler.after(plan.durationMs >> 1, progress), scheduler.after(plan.durationMs, finish)]
    return { job, tasks }
  }

  const cancel = ({ tasks }: Running) => {
    for (const task of tasks) task.cancel()
  }

  return {
    start(order) {
      const name = `${order.job}/${order.step}/${order.slot}`
      if (ordered.has(name)) return
      const prompt = blobs.get(order.prompt.digest)
      const plan =
        prompt === undefined
          ? { durationMs: 0, tokens: 0, answer: undefined }
          : runner.plan(order, prompt, random, faults())
      ordered.set(name, schedule(order, plan))
    },
    stop(job) {
      for (const running of ordered.values()) if (running.job === job) cancel(running)
    },
    end() {
      for (const running of ordered.values()) cancel(running)
    },
  }
}

function outcomeOf({ answer, tokens, durationMs }: RunPlan, blobs: BlobStore): RunOutcome {
  if (answer === undefined) return { ok: false, code: 'provider_failed', detail: 'drawn by the world' }
  return { ok: true, answer: blobs.put(answer), tokens, durationMs }
}
