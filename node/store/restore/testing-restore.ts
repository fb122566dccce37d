import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readCharter } from '../../config/charter-file.ts'
import { dataFolder } from '../../config/data-folder.ts'
import { createTestedFolder, type TestedFolder, text } from '../backup/testing-backup.ts'
import { writeBackup } from '../backup/write-backup.ts'
import { listKeys } from '../keystore-keys.ts'
import { openStore } from '../store-recovery.ts'

const LATER = { key: 'test/later', value: text('signed after the backup') }

/** A stopped peer of a swarm of four in `peer`, its backup beside it, and one record that was written since. */
export async function backedUpPeer(
  root: string,
): Promise<{ readonly tested: TestedFolder; readonly file: string }> {
  const tested = await createTestedFolder(join(root, 'peer'), { others: 3, records: 300 })
  const file = join(root, 'peer.backup')
  await writeBackup(await tested.parts(), file)
  await tested.store.write([LATER])
  await tested.store.close()
  return { tested, file }
}

/** What the folder holds of a peer, as the next start finds it. */
export async function peerIn(folder: string) {
  const { store, amnesia, restored, state } = await openStore(dataFolder(folder), { hasPeers: false })
  const records: string[] = []
  for await (const { key } of store.scan({ prefix: '' })) records.push(key)
  await store.close()
  return {
    keys: (await listKeys(folder)).map(({ id }) => id),
    charter: await readCharter(dataFolder(folder)),
    settings: await readFile(join(folder, 'config.json'), 'utf8'),
    bodies: (await readdir(join(folder, 'blobs'))).length,
    records: records.length,
    hasLater: records.includes(LATER.key),
    amnesia,
    restored,
    state: state.status,
  }
}

export const RESTORED = {
  bodies: 3,
  records: 300,
  hasLater: false,
  amnesia: true,
  restored: true,
  state: 'sound',
  settings: '{"api_port": 8123}\n',
}
export const UNTOUCHED = { records: 301, hasLater: true, amnesia: false, restored: false, state: 'sound' }

/** Names in a data folder, without the lock. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => !name.startsWith('lock.')).toSorted()
}
