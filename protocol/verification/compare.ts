import type { Comparator } from './comparator.ts'
import { type Comparison, turned } from './finding.ts'
import type { Layer, LayerContext } from './layers.ts'
import * as layers from './layers.ts'
import type { Reading } from './reading.ts'

/** Layers of prose. WordNet's tables and the scorecard will take their places before and in `edits`. */
const TEXT: readonly Layer[] = [layers.equal, layers.refusal, layers.unrelated, layers.edits]

const STRUCTURE: readonly Layer[] = [
  layers.identical,
  layers.empty,
  layers.json((a, b, context) => firstOf(TEXT, a, b, context)),
  layers.code,
]

/**
 * What each comparator looks at, in order. `auto` is `text`, save that two answers which are each one number or
 * one choice are compared exactly: the rule looks at the pair alone, so no third answer can change it.
 */
const LAYERS: Readonly<Record<Comparator, readonly Layer[]>> = {
  exact: [layers.identical, layers.empty, layers.json(layers.exactText), layers.scalar, layers.exactText],
  text: [...STRUCTURE, ...TEXT],
  auto: [...STRUCTURE, layers.scalar, ...TEXT],
}

/**
 * Compares two answers: the first layer with an opinion decides, and a pair without one is unsure. The verdict
 * is the same from both sides; `own` spans are in `a`.
 */
export function compare(
  a: Reading,
  b: Reading,
  options: LayerContext & { readonly comparator: Comparator },
): Comparison {
  // An alignment may fall out differently from the other side, so every pair is read in one order.
  if (a.original > b.original) return turned(compare(b, a, options))
  return firstOf(LAYERS[options.comparator], a, b, options)
}

function firstOf(list: readonly Layer[], a: Reading, b: Reading, context: LayerContext): Comparison {
  for (const layer of list) {
    const comparison = layer(a, b, context)
    if (comparison !== undefined) return comparison
  }
  return { verdict: 'unsure', findings: [] }
}
