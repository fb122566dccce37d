import type { Digest, PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import { type CounterRow, freshRow, type Outcome, withOutcomes } from './counters.ts'
import type { CloseFacts } from './outcomes.ts'

/** A row that a snapshot writes; null where it makes room for one of a model used later. */
export interface RowChange {
  readonly peer: PeerId
  readonly model: Digest
  readonly row: CounterRow | null
}

export interface FoldInput {
  readonly number: number
  rowsOf(peer: PeerId): ReadonlyMap<Digest, CounterRow> | undefined
  /** Operator label, or the peer itself where the charter goes by peers. */
  voterOf(peer: PeerId): string
}

/**
 * Folds closes, by ascending job id, into the rows that they change, by ascending peer and model. Pure: the
 * same closes upon the same rows give the same changes everywhere.
 */
export function fold(closes: readonly CloseFacts[], input: FoldInput): readonly RowChange[] {
  const outcomes = new Map<PeerId, Map<Digest, Outcome[]>>()
  const caps = new PairCaps(input)
  for (const facts of closes) {
    for (const { peer, outcome } of caps.counted(facts)) {
      const models = outcomes.get(peer) ?? new Map<Digest, Outcome[]>()
      const before = models.get(facts.model)
      if (before === undefined) models.set(facts.model, [outcome])
      else before.push(outcome)
      outcomes.set(peer, models)
    }
  }
  return [...outcomes]
    .sort(byKey)
    .flatMap(([peer, models]) => changesOf(peer, models, input.rowsOf(peer), input.number))
}

/**
 * Against farming (7): in one snapshot each pair of submitter and replica, and each pair of replicas, earns
 * one unit; and one submitter can hold each way of failing against a replica once, so that nobody's bad
 * prompts ruin it. A fault is proven and always counts.
 */
class PairCaps {
  readonly #input: FoldInput
  readonly #used = new Set<string>()

  constructor(input: FoldInput) {
    this.#input = input
  }

  counted({ submitter, replicas }: CloseFacts): CloseFacts['replicas'] {
    const payer = this.#input.voterOf(submitter)
    const agreed = replicas
      .filter(({ outcome }) => outcome === 'agreed')
      .map(({ peer }) => this.#input.voterOf(peer))
    const claimed: string[] = []
    const counted = replicas.filter(({ peer, outcome }) => {
      if (outcome === 'fault') return true
      const voter = this.#input.voterOf(peer)
      const others = outcome === 'agreed' ? agreed.filter((other) => other !== voter) : []
      const pairs = [
        `${outcome}\n${payer}\n${voter}`,
        ...others.map((other) => `replicas\n${voter}\n${other}`),
      ]
      if (pairs.some((pair) => this.#used.has(pair))) return false
      claimed.push(...pairs)
      return true
    })
    for (const pair of claimed) this.#used.add(pair)
    return counted
  }
}

function changesOf(
  peer: PeerId,
  models: ReadonlyMap<Digest, readonly Outcome[]>,
  rows: ReadonlyMap<Digest, CounterRow> | undefined,
  number: number,
): readonly RowChange[] {
  const changed = new Map<Digest, CounterRow | null>()
  for (const [model, outcomes] of models) {
    changed.set(model, withOutcomes(rows?.get(model) ?? freshRow(number), outcomes, number))
  }
  for (const model of evicted(new Map<Digest, CounterRow | null>([...(rows ?? []), ...changed]))) {
    if (rows?.has(model) === true) changed.set(model, null)
    else changed.delete(model)
  }
  return [...changed].sort(byKey).map(([model, row]) => ({ peer, model, row }))
}

/** A member has as many rows as it may offer models; those not used for longest make room. */
function evicted(rows: ReadonlyMap<Digest, CounterRow | null>): readonly Digest[] {
  const oldestFirst = [...rows].sort(
    ([a, rowA], [b, rowB]) => (rowA?.at ?? 0) - (rowB?.at ?? 0) || (a < b ? -1 : 1),
  )
  return oldestFirst.slice(0, Math.max(0, rows.size - LIMITS.models)).map(([model]) => model)
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}
