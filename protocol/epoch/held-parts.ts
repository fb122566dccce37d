import { placeOf } from '../ledger/entry.ts'
import { LIMITS } from '../params.ts'
import type { Handover } from './messages.ts'
import { orderOf } from './pieces.ts'

/** How many entries in a row are for one place; the place is empty, and the count 0, where there are none. */
export interface Run {
  readonly place: string
  readonly count: number
}

const NO_RUN: Run = { place: '', count: 0 }

/** Where a list stands behind the parts that were looked at. */
export interface Standing {
  /** What they end with. */
  readonly run: Run
  /** The place of the last entry that was kept of them; empty where none was. */
  readonly keptPlace: string
}

export const START: Standing = { run: NO_RUN, keptPlace: '' }

/** What is kept of a part, and where it stood among all that its list lists. */
export interface HeldPart {
  readonly kept: Handover
  /** Places of the first and the last entry of it; empty where there are none. */
  readonly keptPlaces: { readonly first: string; readonly last: string }
  readonly first: string
  readonly last: string
  /** Entries that it lists for the place that it begins with, and for the one that it ends with. */
  readonly head: Run
  readonly tail: Run
  /** Whether nothing was sifted away. */
  readonly isWhole: boolean
}

/** A part that lists nothing stands nowhere, and so in no list. */
export function heldPart(part: Handover, kept: Handover): HeldPart {
  const order = orderOf(part)
  const runs = runsOf(part)
  const isWhole = kept.locks.length === part.locks.length && kept.prepared.length === part.prepared.length
  const [head = NO_RUN, tail = NO_RUN] = [runs.at(0), runs.at(-1)]
  const placeAt = (at: number) =>
    kept.locks
      .slice(at)
      .slice(0, 1)
      .map(({ body }) => placeOf(body))
  const [[first = ''], [last = '']] = [placeAt(0), placeAt(-1)]
  const keptPlaces = { first, last }
  return { kept, keptPlaces, first: order.at(0) ?? '', last: order.at(-1) ?? '', head, tail, isWhole }
}

/** Whether a part lists something, all of it in order, and for no place more than there are witnesses. */
export function isOrderly(part: Handover): boolean {
  const order = orderOf(part)
  const isAscending = order.every((one, at) => at === 0 || (order[at - 1] ?? '') < one)
  return order.length > 0 && isAscending && runsOf(part).every(isAllowed)
}

/**
 * Where a list stands behind one more part; undefined where it lists too much for a place, or where a part brings one more
 * entry that is kept for a place at which no other may be.
 */
export function standingBehind(
  { run, keptPlace }: Standing,
  { head, tail, keptPlaces }: HeldPart,
  mayRepeat: (place: string) => boolean,
): Standing | undefined {
  const { first, last } = keptPlaces
  if (first !== '' && first === keptPlace && !mayRepeat(first)) return undefined
  const joined = { place: head.place, count: head.count + (run.place === head.place ? run.count : 0) }
  if (!isAllowed(joined)) return undefined
  return { run: tail.place === head.place ? joined : tail, keptPlace: last === '' ? keptPlace : last }
}

/** Each witness is bound to one entry at a place, so honest ones never list more for it than there are witnesses. */
function isAllowed({ count }: Run): boolean {
  return count <= LIMITS.witnesses
}

function runsOf({ locks }: Handover): readonly Run[] {
  const runs: Run[] = []
  for (const { body } of locks) {
    const place = placeOf(body)
    const last = runs.at(-1)
    if (last?.place === place) runs[runs.length - 1] = { place, count: last.count + 1 }
    else runs.push({ place, count: 1 })
  }
  return runs
}
