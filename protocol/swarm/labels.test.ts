import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createLabels } from './labels.ts'

const pair = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.constantFrom('a', 'b', 'c', 'd', 'e'))

it('labels linked in any order have the same operators', () => {
  fc.assert(
    fc.property(fc.array(pair), fc.array(pair), (pairs, shuffled) => {
      const mixed = [...shuffled, ...pairs]
      const [one, other] = [createLabels(), createLabels()]
      mixed.forEach(([from, to]) => one.link(from, to))
      mixed.toReversed().forEach(([from, to]) => other.link(to, from))
      for (const label of 'abcde') expect(other.operatorOf(label)).toBe(one.operatorOf(label))
    }),
  )
})

it('the smallest label stands for all that are linked to it, and for no other', () => {
  const labels = createLabels()
  labels.link('d', 'c')
  labels.link('e', 'd')
  labels.link('b', 'e')
  expect([...'abcde'].map(labels.operatorOf)).toEqual(['a', 'b', 'b', 'b', 'b'])
})

it('a group has all labels that are linked, and one that isn’t linked itself alone', () => {
  const labels = createLabels()
  labels.link('d', 'c')
  labels.link('e', 'd')
  for (const label of 'cde') expect(labels.groupOf(label)).toEqual(['c', 'd', 'e'])
  expect(labels.groupOf('a')).toEqual(['a'])
})
