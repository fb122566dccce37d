import type { Logger } from 'pino'
import type { Peer } from '../../protocol/peer/options.ts'
import { HOT_PREFIXES, keys, PREFIXES } from '../../protocol/records/keys.ts'
import type { Store } from '../store/store.ts'
import { beginAnew } from '../store/begin-anew.ts'
import { migrateStore } from '../store/migrate-store.ts'
import { type OpenedStore, openStore, type StorePaths } from '../store/store-recovery.ts'

/**
 * The store, brought to this program's version, or an empty one in the place of a damaged one, which whoever operates
 * this peer must hear of. `hasPeers` as `openStore` takes it.
 */
export async function openRecords(
  folder: StorePaths,
  hasPeers: boolean,
  logger: Logger,
  onCorrupt: (error: unknown) => void,
): Promise<OpenedStore> {
  const opened = await openStore(folder, { hasPeers, onCorrupt })
  if (opened.state.status === 'replaced') {
    const { damage, movedTo } = opened.state
    logger.error(
      { ...damage, movedTo },
      'the store was damaged: it was moved aside, and everything certified is fetched from other peers',
    )
  }
  if (opened.amnesia)
    logger.warn('a store of this key was lost or restored: if it is a witness it never votes again')
  try {
    await migrateStore(opened.store, {
      stepping: ({ to, about }) =>
        logger.info({ version: to, about }, 'the records are brought to a new version'),
    })
    if (await beginAnew(opened.store))
      logger.warn(
        'this peer held what nobody else in the swarm does, signed with keys of an epoch that is over: its ledger is fetched anew',
      )
    const isLost = (await opened.store.get(keys.amnesia)) !== undefined
    const isAnew = (await opened.store.get(keys.anew)) !== undefined
    return { ...opened, amnesia: opened.amnesia || isLost, restored: opened.restored || isAnew }
  } catch (error) {
    await opened.store.close()
    throw error
  }
}

/** Streams every hot record into the mind, in the order of their keys; tells whether an own entry waits. */
export async function restore(peer: Peer, store: Store): Promise<boolean> {
  let hadOwnEntry = false
  for (const prefix of [...HOT_PREFIXES].sort()) {
    for await (const record of store.scan({ prefix })) {
      peer.restore(record)
      hadOwnEntry ||= prefix === PREFIXES.own
    }
  }
  return hadOwnEntry
}

/** When the newest job or fact was heard of: the clock must not fall below it, whatever the machine says now. */
export async function latestRecordMs(store: Store): Promise<number> {
  const times = [0]
  for (const prefix of [PREFIXES.jobTime, PREFIXES.factTime]) {
    for await (const { key } of store.scan({ prefix, reverse: true, limit: 1 })) {
      times.push(Number(key.slice(prefix.length).split('/')[0]))
    }
  }
  return Math.max(...times)
}
