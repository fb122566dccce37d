import { describe, expect, it } from 'vitest'
import { testSigner } from '../ledger/testing-mind.ts'
import type { PeerId } from '../ids.ts'
import { createBudgets, SPENDERS_MAX } from './budget.ts'

const [peer, other] = [testSigner(0).id, testSigner(1).id]
const ALLOWANCE = { perSecond: 10, burst: 100 }

describe('a budget', () => {
  it('is spent to the last unit and not one further, by each peer alone', () => {
    const budgets = createBudgets(ALLOWANCE)
    expect(budgets.spend(peer, 101, 0)).toBe(false)
    expect(budgets.spend(peer, 99, 0)).toBe(true)
    expect(budgets.solvent(peer, 0)).toBe(true)
    expect(budgets.spend(peer, 2, 0)).toBe(false)
    expect(budgets.spend(peer, 1, 0)).toBe(true)
    expect(budgets.solvent(peer, 0)).toBe(false)
    expect(budgets.spend(other, 100, 0)).toBe(true)
  })

  it('is refilled by time alone, and never above the burst', () => {
    const budgets = createBudgets(ALLOWANCE)
    budgets.spend(peer, 100, 0)
    expect(budgets.spend(peer, 1, 99)).toBe(false)
    expect(budgets.spend(peer, 1, 100)).toBe(true)
    expect(budgets.spend(peer, 100, 1_000_000)).toBe(true)
    expect(budgets.spend(peer, 1, 1_000_000)).toBe(false)
  })

  it('tells how long an overdraft lasts', () => {
    const budgets = createBudgets(ALLOWANCE)
    expect(budgets.waitMs(peer, 0)).toBe(0)
    budgets.overdraw(peer, 150, 0)
    const wait = budgets.waitMs(peer, 0)
    expect(wait).toBe(5_001)
    expect(budgets.solvent(peer, wait - 1)).toBe(false)
    expect(budgets.solvent(peer, wait)).toBe(true)
  })

  it('is forgotten only for the one that spent nothing for longest', () => {
    const budgets = createBudgets(ALLOWANCE)
    budgets.spend(peer, 100, 0)
    const crowd = Array.from({ length: SPENDERS_MAX - 1 }, (_, at) => `peer ${at}` as PeerId)
    for (const one of crowd) budgets.spend(one, 1, 0)
    expect(budgets.solvent(peer, 0)).toBe(false)
    budgets.spend(other, 1, 0)
    expect(budgets.solvent(peer, 0)).toBe(true)
  })
})
