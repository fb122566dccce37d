import { describe, expect, it } from 'vitest'
import type { Receipt } from '../../protocol/api/job-schema.ts'
import { balanceOf } from './receipts.ts'

function receipt(kind: Receipt['kind'], amount: string): Receipt {
  return { account: '12D3Koo', amount, kind, slot: null }
}

const CLOSED = [
  receipt('escrow', '9'),
  receipt('reward', '1.1'),
  receipt('reward', '1.2'),
  receipt('refund', '6.7'),
]

describe('balanceOf', () => {
  it('adds a closed job up', () => {
    expect(balanceOf({ receipts: CLOSED, charged: '2.3' })).toEqual({
      escrow: '9',
      rewards: '2.3',
      fee: '0',
      refund: '6.7',
      charged: '2.3',
      isBalanced: true,
    })
  })

  it('finds a missing unit', () => {
    const receipts = [...CLOSED.slice(0, 3), receipt('refund', '6.699999')]
    expect(balanceOf({ receipts, charged: '2.3' }).isBalanced).toBe(false)
    expect(balanceOf({ receipts: CLOSED, charged: '2.4' }).isBalanced).toBe(false)
  })

  it('does not judge an open job', () => {
    expect(balanceOf({ receipts: [receipt('escrow', '9')], charged: null }).isBalanced).toBe(null)
  })
})
