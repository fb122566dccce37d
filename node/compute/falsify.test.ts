import { describe, expect, it } from 'vitest'
import { falsify } from './falsify.ts'

describe('a falsified answer', () => {
  it.each([
    ['Bees are essential.', 'Bees are not essential.'],
    ['Bees are not essential.', 'Bees are essential.'],
    ["It isn't so, but it was.", 'It is so, but it was.'],
    ['He can’t swim.', 'He can swim.'],
    ['They cannot swim.', 'They can swim.'],
    ["It won't rain.", 'It will rain.'],
    ['It was so; it is not so.', 'It was not so; it is not so.'],
    ['17 * 23 = 391', '17 * 23 = 491'],
    ['In 2006 for 9,000.50', 'In 2006 for 1,000.50'],
    ['About 0.5 of it at 9:30', 'About 0.5 of it at 1:30'],
    ['Some 0.75 of it', 'Some 1.75 of it'],
    ['It is 0.', 'It is not 1.'],
    ['Mites spread viruses.', 'It is not true: Mites spread viruses.'],
    ['花粉を運びます。', 'It is not true: 花粉を運びます。'],
    ['', 'There is nothing to say.'],
    [' \n', 'There is nothing to say.'],
  ])('of %j is %j', (truth, lie) => {
    expect(falsify(truth)).toBe(lie)
  })
})
