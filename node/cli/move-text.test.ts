import { expect, it } from 'vitest'
import type { Transaction } from '../../protocol/api/transaction-schema.ts'
import { describeTransactions } from './move-text.ts'

const SENT: Transaction = {
  id: 'id',
  type: 'transfer',
  amount: '1.5',
  from: 'from',
  to: 'to',
  memo: '',
  entry_id: 'entry',
  job_id: null,
  step: null,
  at: '2026-01-01T00:00:00.000Z',
}

it('a memo that others made neither speaks to the terminal nor makes a line of its own', () => {
  const memo = 'tea\u001b[31m\u202e\n2026 mint 1000'
  const lines = describeTransactions([{ ...SENT, memo }]).split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toContain('tea\u{fffd}[31m\u{fffd}\u{fffd}2026 mint 1000')
})
