export interface Span {
  readonly start: number
  readonly end: number
}

/** A stretch of text and which spans cover it, by their position in the list. `gap` is the place of an empty span. */
export interface Stretch {
  readonly text: string
  readonly covers: readonly number[]
  readonly isGap: boolean
}

function clamp(span: Span, length: number): Span {
  const start = Math.min(Math.max(0, span.start), length)
  return { start, end: Math.min(Math.max(start, span.end), length) }
}

/**
 * Cuts a text at the ends of all spans, so that each stretch is covered wholly or not at all. Spans may
 * overlap, be empty or reach beyond the text; the stretches always join to the text again.
 */
export function cutBySpans(text: string, spans: readonly Span[]): readonly Stretch[] {
  const inside = spans.map((span) => clamp(span, text.length))
  const ends = new Set([0, text.length, ...inside.flatMap(({ start, end }) => [start, end])])
  const cuts = [...ends].sort((a, b) => a - b)
  const coversOf = (test: (span: Span) => boolean) => inside.flatMap((span, at) => (test(span) ? [at] : []))
  return cuts.flatMap((cut, at) => {
    const next = cuts[at + 1] ?? cut
    const gaps = coversOf(({ start, end }) => start === cut && end === cut)
    const covers = coversOf(({ start, end }) => start <= cut && end >= next && start < end)
    return [
      ...(gaps.length === 0 ? [] : [{ text: '', covers: gaps, isGap: true }]),
      ...(next === cut ? [] : [{ text: text.slice(cut, next), covers, isGap: false }]),
    ]
  })
}
