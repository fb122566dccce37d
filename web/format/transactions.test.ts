import { describe, expect, it } from 'vitest'
import type { Transaction } from '../../protocol/api/transaction-schema.ts'
import { counterpartyOf, directionFor, signedAmount } from './transactions.ts'

const base: Transaction = {
  id: 'x/0',
  type: 'transfer',
  at: '2026-01-01T00:00:00.000Z',
  from: 'me',
  to: 'you',
  amount: '1250.5',
  memo: '',
  job_id: null,
  entry_id: 'x',
  step: null,
}

describe('a transaction seen from an account', () => {
  it.each([
    [base, 'out', '−1,250.5', { id: 'you' }],
    [{ ...base, from: 'you', to: 'me' }, 'in', '+1,250.5', { id: 'you' }],
    [{ ...base, to: 'me' }, 'none', '1,250.5', { words: 'itself' }],
    [{ ...base, type: 'mint' as const, from: null, to: 'me' }, 'in', '+1,250.5', { words: 'new credits' }],
    [{ ...base, type: 'charge' as const, to: null }, 'out', '−1,250.5', { words: 'a job' }],
    [{ ...base, type: 'refund' as const, from: null, to: 'me' }, 'in', '+1,250.5', { words: 'a job' }],
    [{ ...base, type: 'mint' as const, from: null, to: 'you' }, 'none', '1,250.5', { id: 'you' }],
  ])('%#', (transaction, direction, amount, other) => {
    expect(directionFor('me', transaction)).toBe(direction)
    expect(signedAmount('me', transaction)).toBe(amount)
    expect(counterpartyOf('me', transaction)).toEqual(other)
  })
})
