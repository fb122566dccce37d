import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { astrayRecord } from '../../protocol/records/astray.ts'
import { keys } from '../../protocol/records/keys.ts'
import { watchAstray } from './astray.ts'
import type { Log } from './ports.ts'

const WAIT_MS = 1_000
const ASTRAY = { key: keys.astray, value: astrayRecord({ epoch: 0, leaves: ['a'] }) }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A log whose positions are durable once `sync` has been called. */
function watched() {
  const waiting: (() => void)[] = []
  const appended: number[] = []
  const log: Log = {
    append: (position) => void appended.push(position),
    whenSynced: (_position, action) => void waiting.push(action),
    eased: () => undefined,
  }
  const watch = watchAstray(log, WAIT_MS)
  let isFound = false
  void watch.found.then(() => (isFound = true))
  return {
    ...watch,
    appended,
    sync: () => waiting.splice(0).forEach((action) => action()),
    async foundAfter(ms: number): Promise<boolean> {
      await vi.advanceTimersByTimeAsync(ms)
      return isFound
    },
  }
}

it('a peer has gone astray when the record of it is durable, and begins anew a while after', async () => {
  const { log, appended, sync, foundAfter } = watched()
  log.append(1, [{ key: 'account/a', value: new Uint8Array(1) }])
  log.append(2, [ASTRAY])
  expect(await foundAfter(2 * WAIT_MS)).toBe(false)
  sync()
  expect(await foundAfter(WAIT_MS - 1)).toBe(false)
  // Said again meanwhile, it puts nothing off.
  log.append(3, [ASTRAY])
  sync()
  expect(await foundAfter(1)).toBe(true)
  expect(appended).toEqual([1, 2, 3])
})

it('one that is so no more, or is stopped meanwhile, is left alone', async () => {
  const other = watched()
  other.log.append(1, [ASTRAY])
  other.sync()
  other.log.append(2, [{ key: keys.astray, value: null }])
  other.sync()
  const stopped = watched()
  stopped.log.append(1, [ASTRAY])
  stopped.close()
  stopped.sync()
  expect([await other.foundAfter(WAIT_MS), await stopped.foundAfter(WAIT_MS)]).toEqual([false, false])
})
