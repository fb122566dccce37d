import { expect, it } from 'vitest'
import { shownText } from './terminal-text.ts'

it.each([
  ['clears the screen', '\u001b[2Jgone', '\\u001b[2Jgone'],
  ['writes over the line', 'paid 1\rpaid 9', 'paid 1\\u000dpaid 9'],
  ['sets the title', '\u009d0;title\u0007', '\\u009d0;title\\u0007'],
  ['turns the direction', 'a\u202egnp.exe', 'a\\u202egnp.exe'],
])('what %s is shown by number', (_what, text, shown) => {
  expect(shownText(text)).toBe(shown)
})

it('leaves lines, tabs and every script as they are', () => {
  const text = 'één\n\tдва 三 🧵\n'
  expect(shownText(text)).toBe(text)
})

it('keeps a JSON document the same document', () => {
  const value = { answer: 'a\u009b31m\u202e\u001b[0m' }
  expect(JSON.parse(shownText(JSON.stringify(value, null, 2)))).toEqual(value)
})
