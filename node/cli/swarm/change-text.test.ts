import { expect, it } from 'vitest'
import { describeOrder, namesOf, othersOf } from './change-text.ts'

const named = (id: string, label: string | null = null) => ({ peer_id: id, label })

it('names each whom orders wait for once, and not oneself', () => {
  const orders = [{ missing: [named('self'), named('elm')] }, { missing: [named('elm'), named('ash')] }]
  expect(othersOf(orders, 'self').map(({ peer_id: id }) => id)).toEqual(['elm', 'ash'])
})

it('gives a label no line of its own', () => {
  expect(namesOf([named('12D3abcdef', 'elm\nash')])).toBe('elm\\u000aash (…abcdef)')
  const text = describeOrder({ number: 1, changes: ['a\nb'], warnings: ['c\nd'] })
  expect(text.split('\n')).toEqual(['Epoch 1:', '  a\\u000ab', 'Warning: c\\u000ad'])
})
