import type { Write } from '../../protocol/records/record.ts'
import type { Observation } from '../observation.ts'
import { isCorrect } from '../peer-plan.ts'
import type { World } from '../world.ts'
import type { Checker, CreateChecker, Examined, Facts } from './checker.ts'
import { createCancelChecker } from './cancel.ts'
import { createClosedFactsChecker } from './closed-facts.ts'
import { createConvergenceChecker } from './convergence.ts'
import { createDecidedRunChecker } from './decided-run.ts'
import { createDurableWrites } from './durable-writes.ts'
import { createEpochRecord, type EpochRecord } from './epoch-record.ts'
import { createEvidenceReader, type Evidence } from './evidence.ts'
import { createFairVerdictChecker } from './fair-verdict.ts'
import { createLedgerReplayChecker } from './ledger-replay.ts'
import { createLivenessChecker } from './liveness.ts'
import { createOrderIndependenceChecker } from './order-independence.ts'
import { createOrderedEpochChecker } from './ordered-epoch.ts'
import { createCopierEarningsChecker } from './copier-earnings.ts'
import { createHeldKeptChecker } from './held-kept.ts'
import { createLostRightsChecker } from './lost-rights.ts'
import { createLowestRankPaidChecker } from './lowest-rank-paid.ts'
import { createOneChargeChecker } from './one-charge.ts'
import { createOpenedOnceChecker } from './opened-once.ts'
import { createRanksChecker } from './ranks.ts'
import { createPaymentsChecker } from './payments.ts'
import { createPermanenceChecker } from './permanence.ts'
import { createPromiseKeptChecker } from './promise-kept.ts'
import { createSameBlameChecker } from './same-blame.ts'
import { createSealedCloseChecker } from './sealed-close.ts'
import { createSealedInTurnChecker } from './sealed-in-turn.ts'
import { createSealedRevealChecker } from './sealed-reveal.ts'
import { createSingleFactChecker } from './single-fact.ts'
import { createSingleSignatureChecker } from './single-signature.ts'
import { createStopKeptChecker } from './stop-kept.ts'
import { createFactReader } from './stored-facts.ts'
import { createSupplyChecker } from './supply.ts'
import { createSilenceChecker } from './silence.ts'

export const CHECKERS = {
  supply: createSupplyChecker,
  'ledger-replay': createLedgerReplayChecker,
  'single-fact': createSingleFactChecker,
  'single-signature': createSingleSignatureChecker,
  payments: createPaymentsChecker,
  'one-charge': createOneChargeChecker,
  'opened-once': createOpenedOnceChecker,
  'lowest-rank-paid': createLowestRankPaidChecker,
  'copier-earnings': createCopierEarningsChecker,
  'held-kept': createHeldKeptChecker,
  'same-blame': createSameBlameChecker,
  ranks: createRanksChecker,
  'sealed-in-turn': createSealedInTurnChecker,
  cancel: createCancelChecker,
  'fair-verdict': createFairVerdictChecker,
  'decided-run': createDecidedRunChecker,
  'sealed-reveal': createSealedRevealChecker,
  'sealed-close': createSealedCloseChecker,
  'promise-kept': createPromiseKeptChecker,
  silence: createSilenceChecker,
  'stop-kept': createStopKeptChecker,
  'ordered-epoch': createOrderedEpochChecker,
  'closed-facts': createClosedFactsChecker,
  'lost-rights': createLostRightsChecker,
  permanence: createPermanenceChecker,
  liveness: createLivenessChecker,
  convergence: createConvergenceChecker,
  'order-independence': createOrderIndependenceChecker,
} as const satisfies Readonly<Record<string, CreateChecker>>

export interface Violation {
  readonly checker: keyof typeof CHECKERS | 'mind' | 'ends'
  readonly atMs: number
  readonly detail: string
}

// The first violations tell the story; a broken world repeats them at every step.
const VIOLATIONS_KEPT = 20

/** All checkers over one world. */
export interface Panel {
  readonly violations: readonly Violation[]
  readonly epochs: EpochRecord
  observe(observation: Observation): void
  /** For what only the scenario can see. */
  report(checker: Violation['checker'], detail: string): void
  examine(): void
  conclude(): void
}

/** `unwatched`: names of checkers that are left out. */
export function createPanel(world: World, unwatched: readonly string[] = []): Panel {
  const violations: Violation[] = []
  const reporter = (checker: Violation['checker']) => (detail: string) => {
    if (violations.length < VIOLATIONS_KEPT) violations.push({ checker, atMs: world.now, detail })
  }
  const epochs = createEpochRecord({ number: 0, ...world.charter })
  const facts = factsOf(world, epochs)
  const checkers = Object.entries(CHECKERS)
    .filter(([name]) => !unwatched.includes(name))
    .map(([name, create]): Checker => create(facts, reporter(name as keyof typeof CHECKERS)))
  const correct = world.peers.filter(isCorrect)
  const examined = (): readonly Examined[] =>
    correct.map(({ id, disk, body }) => ({ peer: id, records: disk.records(), view: body.view }))
  const reader = createEvidenceReader()
  const durableWrites = createDurableWrites(facts.durable)

  return {
    violations,
    epochs,
    report: (checker, detail) => reporter(checker)(detail),
    observe(observation) {
      if (observation.type === 'effect' && observation.effect.type === 'persist')
        epochs.note(observation.effect.writes)
      const writes = durableWrites.after(observation)
      for (const evidence of evidenceIn(observation, writes)) {
        for (const checker of checkers) checker.evidence?.(observation.peer, evidence)
      }
      // Of an adversary only its words count, as evidence for or against others.
      if (!facts.correct.has(observation.peer)) return
      if (observation.type === 'threw') reporter('mind')(`${observation.peer}: ${shown(observation.error)}`)
      for (const checker of checkers) {
        if (writes.length > 0) checker.stored?.(observation.peer, writes)
        checker.observe?.(observation)
      }
      if (observation.type !== 'crashed') return
      const left = examined().filter(({ peer }) => peer === observation.peer)
      for (const checker of checkers) checker.examine?.(left)
    },
    examine() {
      for (const checker of checkers) checker.examine?.(examined())
    },
    conclude() {
      for (const checker of checkers) checker.conclude?.(examined())
    },
  }

  function evidenceIn(observation: Observation, writes: readonly Write[]): readonly Evidence[] {
    if (observation.type === 'left') {
      const { effect } = observation
      if (effect.type !== 'send' && effect.type !== 'publish') return []
      return [reader.frame(effect.frame) ?? []].flat()
    }
    return writes.flatMap(({ key, value }) => (value === null ? [] : (reader.record(key, value) ?? [])))
  }
}

function factsOf(world: World, epochs: EpochRecord): Facts {
  const { roster, peers, verify, freshMind, hasLost, loot } = world
  return {
    swarm: roster.swarm,
    epochOf: (number) => epochs.of(number),
    newestEpoch: () => epochs.newest,
    isForged: (signature) => loot.isForged(signature),
    correct: new Set(peers.filter(isCorrect).map(({ id }) => id)),
    hasLost,
    honest: new Set(peers.filter(({ plan }) => plan.runner !== 'liar').map(({ id }) => id)),
    verify,
    freshMind,
    read: createFactReader(),
    copiers: new Set(
      peers.filter(({ plan }) => plan.adversaries?.includes('copier') === true).map(({ id }) => id),
    ),
    now: () => world.now,
    written: (peer) => peers.find(({ id }) => id === peer)?.disk.records() ?? new Map(),
    durable: (peer) => peers.find(({ id }) => id === peer)?.disk.durable() ?? new Map(),
  }
}

function shown(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
