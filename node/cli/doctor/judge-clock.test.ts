import { describe, expect, it } from 'vitest'
import { PEERS, payer } from '../../api/sample-swarm.ts'
import { judgeClock, spanOf } from './judge-clock.ts'

const NOW = '2026-01-02T03:04:05.000Z'
const HOUR_MS = 3_600_000

function clockOf(aheads: readonly (readonly [witness: boolean, ms: number])[], wallMs = 0) {
  const wall = new Date(Date.parse(NOW) + wallMs).toISOString()
  const others = aheads.map(([witness, ms], at) => ({ node_id: PEERS[at] ?? payer, witness, ahead_ms: ms }))
  return judgeClock({ clock: { now: NOW, wall, others } })
}

describe('the clock', () => {
  it.each([
    ['alone', [], 0, 'ok', /no clock to compare/],
    [
      'agreeing',
      [
        [true, -90],
        [true, 5_000],
      ],
      0,
      'ok',
      /2 others/,
    ],
    ['a little behind', [[true, 5_001]], 0, 'warn', /5 s behind that of the other/],
    [
      'an hour behind',
      [
        [true, HOUR_MS],
        [true, HOUR_MS - 9],
      ],
      0,
      'fail',
      /60 min behind those of 2/,
    ],
    [
      'an hour ahead',
      [
        [true, -HOUR_MS],
        [true, -HOUR_MS],
        [true, 3],
      ],
      0,
      'fail',
      /ahead of/,
    ],
    [
      'one witness wrong',
      [
        [true, HOUR_MS],
        [true, 4],
        [true, -3],
      ],
      0,
      'ok',
      /agrees/,
    ],
    [
      'members wrong, witnesses not',
      [
        [true, 0],
        [false, HOUR_MS],
        [false, HOUR_MS],
      ],
      0,
      'ok',
      /that of the other peer/,
    ],
    ['no witness heard', [[false, 2 * HOUR_MS]], 0, 'warn', /2 h behind/],
    ['one other, an hour ahead', [[true, -HOUR_MS]], 0, 'warn', /ahead of that of the other/],
    [
      'one of two lies',
      [
        [true, HOUR_MS],
        [true, 4],
      ],
      0,
      'ok',
      /agrees with 1 of 2 others/,
    ],
    [
      'two that differ from each other',
      [
        [true, HOUR_MS],
        [true, -HOUR_MS],
      ],
      0,
      'warn',
      /differ from each other, too/,
    ],
    ['set since the start', [[true, 0]], 6_000, 'warn', /was set since/],
    [
      'behind its newest record, alone',
      [],
      -HOUR_MS,
      'warn',
      /60 min ahead of the machine's: it never goes behind/,
    ],
  ] as const)('%s', (_name, aheads, wallMs, status, sentence) => {
    const finding = clockOf(aheads, wallMs)
    expect(finding.status).toBe(status)
    expect(finding.sentence).toMatch(sentence)
    expect(finding.fix?.code).toBe(status === 'ok' ? undefined : 'set_clock')
  })

  it.each([
    [-HOUR_MS, 'ahead of', 'wait_for_clock'],
    [HOUR_MS, 'behind', 'restart_peer'],
  ] as const)(
    'of the machine is right where two others say so, %i ms from the one gone by',
    (wallMs, direction, fix) => {
      const finding = clockOf(
        [
          [true, wallMs],
          [true, wallMs + 9],
        ],
        wallMs,
      )
      expect(finding).toMatchObject({ status: 'fail', fix: { code: fix } })
      expect(finding.sentence).toContain(
        `60 min ${direction} the machine's, which agrees with those of 2 others`,
      )
    },
  )

  it('is told in words', () => {
    expect([spanOf(-119_000), spanOf(120_000), spanOf(7_200_000)]).toEqual(['119 s', '2 min', '2 h'])
  })
})
