import { expect, it } from 'vitest'
import { textTable } from './table.ts'

it('gives each row one line, whatever is in a cell', () => {
  const columns = [
    { label: 'witness', cell: ([id]: readonly [string, string]) => id },
    { label: 'label', cell: ([, label]: readonly [string, string]) => label },
  ]
  const forged = 'elm\nmill     reached\u2028x\ty'
  const lines = textTable(columns, [
    ['a', forged],
    ['b', 'ash'],
  ]).split('\n')
  expect(lines).toEqual([
    'witness  label',
    'a        elm\\u000amill     reached\\u2028x\\u0009y',
    'b        ash',
  ])
})
