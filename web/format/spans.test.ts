import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutBySpans } from './spans.ts'

describe('cutBySpans', () => {
  it('cuts out what a span covers', () => {
    expect(cutBySpans('from 1,520 to', [{ start: 5, end: 10 }])).toEqual([
      { text: 'from ', covers: [], isGap: false },
      { text: '1,520', covers: [0], isGap: false },
      { text: ' to', covers: [], isGap: false },
    ])
  })

  it('shows the place of an empty span', () => {
    expect(cutBySpans('is safe', [{ start: 3, end: 3 }])).toEqual([
      { text: 'is ', covers: [], isGap: false },
      { text: '', covers: [0], isGap: true },
      { text: 'safe', covers: [], isGap: false },
    ])
  })

  it('tells overlapping spans apart', () => {
    const stretches = cutBySpans('abc', [
      { start: 0, end: 2 },
      { start: 1, end: 3 },
    ])
    expect(stretches.map(({ text, covers }) => [text, covers])).toEqual([
      ['a', [0]],
      ['b', [0, 1]],
      ['c', [1]],
    ])
  })

  it('loses and repeats nothing, whatever the spans', () => {
    const span = fc.record({ start: fc.integer({ min: -3, max: 40 }), end: fc.integer({ min: -3, max: 40 }) })
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), fc.array(span, { maxLength: 8 }), (text, spans) => {
        expect(
          cutBySpans(text, spans)
            .map((stretch) => stretch.text)
            .join(''),
        ).toBe(text)
      }),
    )
  })
})
