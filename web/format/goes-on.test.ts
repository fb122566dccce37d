import { expect, it } from 'vitest'
import { followedTo } from './goes-on.ts'

it.each([
  ['seen open', 'void', 'b', 'a', 'b'],
  ['opened when it was void', 'void', 'b', undefined, undefined],
  ['after another one that was seen open', 'void', 'b', 'c', undefined],
  ['that goes on as nothing', 'void', null, 'a', undefined],
  ['that is open', 'running', null, 'a', undefined],
] as const)('a job %s (%s, goes on as %s)', (_, status, next, seenOpen, followed) => {
  expect(followedTo({ id: 'a', status, continued_as: next }, seenOpen)).toBe(followed)
})
