import { ASTRAY_PREFIXES, astrayEnds } from '../../protocol/records/astray.ts'
import { keys } from '../../protocol/records/keys.ts'
import type { Write } from '../../protocol/records/record.ts'
import type { Store } from './store.ts'

/** Keys of one batch: some 100 KiB. */
const BATCH_KEYS = 1_000

/**
 * Takes out of the store of a peer that has gone astray all that follows from facts, so that its mind fetches the
 * swarm's own ones again; false for any other peer. A crash anywhere leaves the record that says so until all is done.
 */
export async function beginAnew(store: Store): Promise<boolean> {
  const astray = await store.get(keys.astray)
  if (astray === undefined) return false
  for (const prefix of ASTRAY_PREFIXES) {
    let batch: Write[] = []
    for await (const { key } of store.scan({ prefix })) {
      batch.push({ key, value: null })
      if (batch.length < BATCH_KEYS) continue
      await store.write(batch)
      batch = []
    }
    if (batch.length > 0) await store.write(batch)
  }
  await store.write(astrayEnds(astray))
  return true
}
