import { expect, it } from 'vitest'
import { LIMITS, PIECES_OWED } from '../params.ts'
import { allowanceOf, createIntakeQuota } from './quota.ts'

const COST = LIMITS.signatureChecks

it('pieces of handovers that were asked for are let in when the budget is used up, and no others', () => {
  const quota = createIntakeQuota(() => 0, 3)
  const { burst } = allowanceOf('handover', 3)
  for (let left = burst; left > COST; left -= COST + 1) quota.charge('peer', 'handover', COST)
  expect(quota.charge('peer', 'handover', COST)).toBe(false)
  quota.askedPiece('peer')
  expect(quota.charge('other', 'facts', COST)).toBe(true)
  expect(quota.charge('peer', 'handover', COST)).toBe(true)
  expect(quota.charge('peer', 'handover', COST)).toBe(false)
  for (let count = 0; count <= PIECES_OWED; count += 1) quota.askedPiece('peer')
  const taken = Array.from({ length: PIECES_OWED + 1 }, () => quota.charge('peer', 'handover', COST))
  expect(taken).toEqual([...Array.from({ length: PIECES_OWED }, () => true), false])
})
