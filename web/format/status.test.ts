import { describe, expect, it } from 'vitest'
import { isClosed, statusFlow } from './status.ts'

describe('status flow', () => {
  it('marks what is done, what happens and what is ahead', () => {
    expect(statusFlow('running').map(({ state }) => state)).toEqual([
      'done',
      'done',
      'current',
      'ahead',
      'ahead',
    ])
  })

  it.each(['completed', 'unresolved', 'void'] as const)('ends with %s', (status) => {
    const flow = statusFlow(status)
    expect(flow).toHaveLength(5)
    expect(flow.at(-1)).toMatchObject({ status, state: 'current' })
    expect(isClosed(status)).toBe(true)
  })
})
