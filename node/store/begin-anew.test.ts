import { expect, it } from 'vitest'
import { astrayRecord } from '../../protocol/records/astray.ts'
import { HOT_PREFIXES, keys, PREFIXES } from '../../protocol/records/keys.ts'
import { beginAnew } from './begin-anew.ts'
import { createMemoryStore } from './memory-store.ts'
import type { Store } from './store.ts'

const SOME = new Uint8Array([1])
const ASTRAY = astrayRecord({ epoch: 3, leaves: ['some account'] })
/** What a peer promised, knows of epochs and has signed itself stays; of hot records nothing else does. */
const KEPT = [
  PREFIXES.adopted,
  PREFIXES.amnesia,
  PREFIXES.anew,
  PREFIXES.ballot,
  PREFIXES.carried,
  PREFIXES.closing,
  PREFIXES.deadline,
  PREFIXES.epoch,
  PREFIXES.epochAgreed,
  PREFIXES.epochStop,
  PREFIXES.handoverDraft,
  PREFIXES.lock,
  PREFIXES.own,
  PREFIXES.placed,
  PREFIXES.proposal,
  PREFIXES.requestTime,
  PREFIXES.run,
  PREFIXES.seal,
  PREFIXES.ticket,
  PREFIXES.trustReport,
]

async function keysOf(store: Store): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { key } of store.scan({ prefix: '' })) found.push(key)
  return found
}

async function filled(): Promise<Store> {
  const store = createMemoryStore()
  await store.write(HOT_PREFIXES.map((prefix) => ({ key: prefix, value: SOME })))
  await store.write(Array.from({ length: 2_500 }, (_, at) => ({ key: `account/${at}`, value: SOME })))
  return store
}

it('a peer that has gone astray keeps its promises and forgets all facts', async () => {
  const store = await filled()
  await store.write([{ key: keys.astray, value: ASTRAY }])
  expect(await beginAnew(store)).toBe(true)
  expect(await keysOf(store)).toEqual([...KEPT].sort())
  expect(await beginAnew(store)).toBe(false)
})

it('is still to begin anew where it was cut short', async () => {
  const store = await filled()
  await store.write([{ key: keys.astray, value: ASTRAY }])
  let writes = 0
  const failing: Store = {
    ...store,
    write: (batch) => (++writes > 2 ? Promise.reject(new Error('cut short')) : store.write(batch)),
  }
  await expect(beginAnew(failing)).rejects.toThrow('cut short')
  expect(await beginAnew(store)).toBe(true)
  expect(await keysOf(store)).toEqual([...KEPT].sort())
})

it('leaves every other peer’s store as it is', async () => {
  const store = await filled()
  const before = await keysOf(store)
  expect(await beginAnew(store)).toBe(false)
  expect(await keysOf(store)).toEqual(before)
})
