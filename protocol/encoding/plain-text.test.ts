import { expect, it } from 'vitest'
import { isPlainText } from './plain-text.ts'

it.each([
  ['a label', true],
  ['', true],
  ['Müller & søn — 東京 🙂', true],
  ['two\nlines', false],
  ['a\ttab', false],
  ['\u001b[2J', false],
  ['\u009b2J', false],
  ['two\u2028lines', false],
  ['\ud800', false],
])('%j is plain: %s', (text, isPlain) => {
  expect(isPlainText(text)).toBe(isPlain)
})
