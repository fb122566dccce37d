import { expect, it } from 'vitest'
import { quorumWords } from './quorum-words.ts'

it.each([
  [2, 1, 'the only witness can order any change alone', 'until there are 2 witnesses'],
  [3, 2, '2 of the 2 witnesses', 'until there are 4 witnesses'],
  [4, 4, '3 of the 4 witnesses', 'until there are 5 witnesses'],
])('where %i operators must sign, %i witnesses are said to be fewer', (needed, witnesses, who, until) => {
  expect(quorumWords(needed, witnesses)).toEqual([expect.stringContaining(who)])
  expect(quorumWords(needed, witnesses)).toEqual([expect.stringContaining(until)])
})

it.each([
  [1, 1],
  [2, 2],
  [3, 4],
  [2, 7],
])(
  'where %i operators must sign and a quorum of %i witnesses has as many, nothing is said',
  (needed, witnesses) => {
    expect(quorumWords(needed, witnesses)).toEqual([])
  },
)
