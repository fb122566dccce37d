import { expect, it } from 'vitest'
import { killLoop } from '../bench/kill-loop.ts'

/** `npm run bench -- kill-loop` does it a thousand times. */
const KILLS = 20

it('a writing witness that is killed again and again loses nothing it acknowledged and never contradicts itself', async () => {
  const result = await killLoop(KILLS, () => undefined)
  expect(result).toMatchObject({ kills: KILLS, lost: 0, equivocations: [], alarms: 0 })
  expect(result.acknowledgedEntries).toBeGreaterThan(0)
  // The victim's votes were among what was listened to, not only its entries.
  expect(result.statements).toBeGreaterThan(result.acknowledgedEntries)
})
