import { utf8ToBytes } from '@noble/hashes/utils.js'
import { blobRefOf } from '../protocol/ids.ts'
import type { RunOrder } from '../protocol/peer/effect.ts'
import type { HostFaults } from './faults.ts'
import { createRandom, type Random } from './random.ts'

/** How a peer's runs behave. Adversarial prompts and further models of dishonesty plug in as further names. */
export const RUNNER_NAMES = ['honest', 'liar', 'failing', 'slow', 'staller'] as const
export type RunnerName = (typeof RUNNER_NAMES)[number]

/** What a run will do: after `durationMs` it ends, with an answer or a provider's failure. */
export interface RunPlan {
  readonly durationMs: number
  readonly tokens: number
  readonly answer: Uint8Array | undefined
}

export interface Runner {
  plan(order: RunOrder, prompt: Uint8Array, random: Random, faults: HostFaults): RunPlan
}

const RUNNERS: Readonly<Record<RunnerName, (random: Random) => Runner>> = {
  honest: () => runnerThat((prompt) => answerTo(prompt, '')),
  // Each liar has its own falsehood: two of them don't agree with each other by accident.
  liar: (random) => {
    const falsehood = random.below(1_000_000).toString()
    return runnerThat((prompt) => answerTo(prompt, falsehood))
  },
  failing: () => changed((plan) => ({ ...plan, answer: undefined })),
  // Some come before all others have sealed, some after.
  slow: () => changed((plan) => ({ ...plan, durationMs: plan.durationMs * SLOWNESS })),
  // It says that it is at work, and never comes to an end.
  staller: () => changed((plan) => ({ ...plan, durationMs: FOR_EVER_MS })),
}

const SLOWNESS = 8
/** Beyond the end of every scenario. */
const FOR_EVER_MS = 86_400_000

function changed(change: (plan: RunPlan) => RunPlan): Runner {
  const honest = runnerThat((prompt) => answerTo(prompt, ''))
  return { plan: (order, prompt, random, faults) => change(honest.plan(order, prompt, random, faults)) }
}

export function createRunner(name: RunnerName, random: Random): Runner {
  return RUNNERS[name](random)
}

function runnerThat(answer: (prompt: Uint8Array) => string): Runner {
  return {
    plan(_order, prompt, random, faults) {
      const text = answer(prompt)
      const failed = random.chance(faults.runFailurePpm)
      return {
        durationMs: random.between(faults.runMs),
        tokens: text.split(' ').length,
        answer: failed ? undefined : utf8ToBytes(text),
      }
    },
  }
}

const CITIES = ['Lisbon', 'Oslo', 'Quito', 'Nairobi', 'Hanoi', 'Perth', 'Tallinn', 'Montreal'] as const

/** A made-up fact that depends on the prompt alone, so honest runs agree and a falsehood changes its number. */
function answerTo(prompt: Uint8Array, falsehood: string): string {
  const source = createRandom(`${blobRefOf(prompt).digest}${falsehood}`)
  const city = source.pick(CITIES)
  return `The shipment left ${city} with ${100 + source.below(900_000)} crates and arrived after ${2 + source.below(90)} days.`
}
