import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { foldText } from './fold.ts'
import { openLexicon, rulesOf } from './lexicon.ts'

const bytes = readFileSync(new URL('tables/lexicon-1.json', import.meta.url))
const lexicon = openLexicon(bytes)

function folded(text: string): string {
  return foldText(text, { start: 0, end: text.length }, lexicon).text
}

describe('openLexicon', () => {
  it('names other rules for any other bytes', () => {
    expect(rulesOf(openLexicon(Uint8Array.from([...bytes, 0x0a])))).not.toBe(rulesOf(lexicon))
  })

  it.each(['', 'null', '[]', '{', '{"format":2}', '{"format":1}', '{"format":1,"runs":[1,2,3]}'])(
    'refuses %j',
    (text) => {
      expect(() => openLexicon(new TextEncoder().encode(text))).toThrow('bad_lexicon')
    },
  )
})

describe('foldText', () => {
  it.each([
    ['STRASSE', 'strasse'],
    ['Straße', 'strasse'],
    ['É', 'e\u0301'],
    ['ΣΊΣΥΦΟΣ', folded('Σίσυφος')],
    ['２５', '25'],
    ['٣', '3'],
    ['x²', 'x^2'],
    ['5½', '5 1/2 '],
    ['a\u200db', 'ab'],
    ['\ud800', '\ud800'],
  ])('%j becomes %j', (text, expected) => {
    expect(folded(text)).toBe(expected)
  })

  it('leaves its own results as they are', () => {
    for (let code = 0; code <= 0x1ffff; code += 1) {
      const once = folded(String.fromCodePoint(code))
      if (folded(once) !== once) expect.fail(`U+${code.toString(16)} changes twice`)
    }
  })

  it('finds the way back to the original', () => {
    const { text, start } = foldText('a½B', { start: 0, end: 3 }, lexicon)
    expect([text, start]).toEqual(['a 1/2 b', [0, 1, 1, 1, 1, 1, 2]])
  })
})
