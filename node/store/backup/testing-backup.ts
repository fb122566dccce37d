import { writeFile } from 'node:fs/promises'
import { digestFromBytes } from '../../../protocol/ids.ts'
import type { PeerId } from '../../../protocol/ids.ts'
import type { Write } from '../../../protocol/records/record.ts'
import type { Charter } from '../../../protocol/swarm/charter.ts'
import { writeCharter } from '../../config/charter-file.ts'
import { type DataFolder, dataFolder } from '../../config/data-folder.ts'
import { createNativeSigner } from '../../crypto/native-signer.ts'
import { foundSwarm } from '../../swarm/founding.ts'
import { openBlobStore } from '../blob-store.ts'
import { loadOrCreateIdentity } from '../keystore.ts'
import { addKey } from '../keystore-keys.ts'
import { NO_PASSPHRASES } from '../passphrases.ts'
import type { Store } from '../store.ts'
import { openStore } from '../store-recovery.ts'
import { keysForBackup } from './backup-keys.ts'
import type { BackupParts } from './write-backup.ts'

const BODY_BYTES_MAX = 1_024 * 1_024
const SETTINGS = '{"api_port": 8123}\n'

/** A data folder with two keys, charter, settings, records and bodies, and a backup's parts of it. */
export interface TestedFolder {
  readonly folder: DataFolder
  readonly id: PeerId
  readonly wallet: PeerId
  readonly charter: Charter
  readonly store: Store
  readonly bodies: readonly Uint8Array[]
  parts(changed?: Partial<BackupParts>): Promise<BackupParts>
}

export const text = (content: string): Uint8Array => new Uint8Array(Buffer.from(content))

/** `others`: how many further members and witnesses the charter names. */
export async function createTestedFolder(
  root: string,
  { records = 500, others = 0 }: { readonly records?: number; readonly others?: number } = {},
): Promise<TestedFolder> {
  const folder = dataFolder(root)
  const { id, seed } = await loadOrCreateIdentity(root)
  const wallet = await addKey(root, NO_PASSPHRASES, 'wages')
  const signer = createNativeSigner(seed)
  const more = Array.from({ length: others }, (_, at) => ({
    peer: createNativeSigner(new Uint8Array(32).fill(at + 1)).id,
    operator: `other-${at}`,
  }))
  const rules = digestFromBytes(new Uint8Array(32))
  const charter = foundSwarm({ name: 'tested', founders: [{ peer: id, operator: 'amber' }, ...more], rules })
  await writeCharter(folder, charter)
  await writeFile(folder.config, SETTINGS)
  const { store } = await openStore(folder, { hasPeers: false })
  await store.write(Array.from({ length: records }, (_, at) => record(at)))
  const blobs = openBlobStore(folder.blobs, { bytesMax: BODY_BYTES_MAX })
  const bodies = [text('a prompt'), text('an answer'), new Uint8Array(200_000).fill(7)]
  for (const body of bodies) await blobs.put(body)
  return {
    folder,
    id,
    wallet,
    charter,
    store,
    bodies,
    async parts(changed = {}) {
      return {
        signer,
        charter,
        roster: { epoch: 0, witnesses: charter.witnesses, members: charter.founders.length },
        keys: await keysForBackup(root, { passphrase: undefined, plainKeys: true }),
        files: [{ name: 'config.json', content: text(SETTINGS) }],
        store,
        storeVersion: 2,
        bodies: { folder: folder.blobs, blobs },
        program: 'test',
        nowMs: 1_764_000_000_000,
        ...changed,
      }
    },
  }
}

/** Some kilobytes each, so that records fill more than one frame. */
export function record(at: number): Write {
  return { key: `test/${at.toString().padStart(6, '0')}`, value: new Uint8Array(2_000).fill(at % 251) }
}
