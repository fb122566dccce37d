import type { Digest, PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import {
  type CounterRow,
  decayed,
  freshRow,
  furtherRow,
  type Outcome,
  REST,
  withOutcomes,
  worstOf,
} from './counters.ts'
import type { Effort, Pieces } from './pieces.ts'
import { against } from './lower-bound.ts'
import type { CloseFacts } from './outcomes.ts'

/** Effort of one pair's cap and of one row, about microseconds. */
const UNITS_PER_PAIR = 1
const UNITS_PER_ROW = 8

/** A row that a snapshot writes; null where it makes room for one of a model used later. */
export interface RowChange {
  readonly peer: PeerId
  readonly model: Digest
  readonly row: CounterRow | null
}

export interface FoldInput {
  readonly number: number
  rowsOf(peer: PeerId): ReadonlyMap<Digest, CounterRow> | undefined
}

/**
 * Folds closes, by ascending job id, into the rows that they change, by ascending peer and model. Pure: the
 * same closes upon the same rows give the same changes everywhere, however long it pauses between pieces.
 */
export function* fold(
  closes: readonly CloseFacts[],
  input: FoldInput,
  effort: Effort,
): Pieces<readonly RowChange[]> {
  const outcomes = new Map<PeerId, Map<Digest, Outcome[]>>()
  const caps = new PairCaps()
  for (const facts of closes) {
    for (const { peer, outcome } of caps.counted(facts)) {
      const models = outcomes.get(peer) ?? new Map<Digest, Outcome[]>()
      const before = models.get(facts.model)
      if (before === undefined) models.set(facts.model, [outcome])
      else before.push(outcome)
      outcomes.set(peer, models)
    }
    if (effort.spend(UNITS_PER_PAIR * (facts.replicas.length + 1) ** 2)) yield
  }
  const changes: RowChange[] = []
  for (const [peer, models] of [...outcomes].sort(byKey)) {
    const rows = input.rowsOf(peer)
    changes.push(...changesOf(peer, models, rows, input.number))
    if (effort.spend(UNITS_PER_ROW * (models.size + (rows?.size ?? 0)))) yield
  }
  return changes
}

/**
 * Against farming (7): in one snapshot each pair of payer and replica, and each pair of replicas, earns
 * one unit; and one payer can hold each way of failing against a replica once, so that nobody's bad
 * prompts ruin it. A fault is proven and always counts.
 */
class PairCaps {
  readonly #used = new Set<string>()

  counted({ payer, replicas }: CloseFacts): CloseFacts['replicas'] {
    const agreed = replicas.filter(({ outcome }) => outcome === 'agreed').map(({ voter }) => voter)
    const claimed: string[] = []
    const counted = replicas.filter(({ voter, outcome }) => {
      if (outcome === 'fault') return true
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
  const rest = rows?.get(REST)
  const all = new Map<Digest, CounterRow>(rows)
  for (const [model, outcomes] of models) {
    const counted = model === REST ? outcomes.filter((outcome) => outcome !== 'agreed') : outcomes
    const before = all.get(model) ?? furtherRow(rest, number)
    if (counted.length > 0) all.set(model, withOutcomes(before, counted, number))
  }
  for (const model of evicted(all, number)) {
    const row = all.get(model)
    all.delete(model)
    if (row === undefined || against(decayed(row, number)) === 0) continue
    all.set(REST, worstOf(all.get(REST) ?? freshRow(number), row, number))
  }
  const named = new Set([...(rows?.keys() ?? []), ...all.keys()])
  const changed = [...named].filter((model) => all.get(model) !== rows?.get(model)).sort()
  return changed.map((model) => ({ peer, model, row: all.get(model) ?? null }))
}

/**
 * A member has as many rows as it may offer models. The one with the least against it makes room, of several the
 * one not used for longest; what it held goes on against all models without a row. Digests of models are cheap to
 * make up, and so wash off nothing.
 */
function evicted(all: ReadonlyMap<Digest, CounterRow>, number: number): readonly Digest[] {
  const rows = [...all].filter(([model]) => model !== REST)
  if (rows.length <= LIMITS.models) return []
  const order = rows.map(([model, row]) => ({ model, at: row.at, against: against(decayed(row, number)) }))
  order.sort((a, b) => a.against - b.against || a.at - b.at || (a.model < b.model ? -1 : 1))
  return order.slice(0, rows.length - LIMITS.models).map(({ model }) => model)
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}
