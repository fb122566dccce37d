import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Signer } from '../../protocol/crypto/signer.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'
import { writeCharter } from '../config/charter-file.ts'
import { resolveConfig } from '../config/config.ts'
import { type DataFolder, dataFolder } from '../config/data-folder.ts'
import { ownRules } from '../config/lexicon.ts'
import type { PeerClient } from '../cli/api.ts'
import { connectControl } from '../cli/control-client.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'
import { type Daemon, startDaemon } from '../daemon.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { foundSwarm } from '../swarm/founding.ts'

/** A whole peer that alone certifies, minter and treasury of a swarm whose other member is only a key of the test. */
export interface LonePeer {
  readonly folder: DataFolder
  readonly charter: Charter
  /** The member that doesn't run. */
  readonly member: Signer
  readonly daemon: Daemon
  /** As the machine account's commands call it: over the control socket. */
  readonly client: PeerClient
  /** Everything logged since the first start. */
  logged(): string
  /** Stops the process's part of it and starts again from the same data folder. */
  restart(options?: { readonly renewApiKey: boolean }): Promise<void>
  stop(): Promise<void>
}

export async function startLonePeer(): Promise<LonePeer> {
  const folder = dataFolder(await mkdtemp(join(tmpdir(), 'hyperlooms-lone-')))
  const self = await loadOrCreateIdentity(folder.root)
  const member = createNativeSigner(new Uint8Array(randomBytes(32)))
  const founders = [
    { peer: self.id, operator: 'amber' },
    { peer: member.id, operator: 'birch' },
  ] as const
  const founded = foundSwarm({ name: 'lone', founders: [...founders], rules: await ownRules() })
  const charter = { ...founded, witnesses: [self.id] }
  await writeCharter(folder, charter)
  const lines: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line) => void lines.push(line) })
  const flags = { apiPort: '0', operator: 'amber', providers: 'reference' }
  const config = resolveConfig({ flags, environment: {}, file: {}, filePath: '' })
  const start = (renewApiKey = false) =>
    startDaemon({ folder, config, webRoot: undefined, version: 'test', logger, renewApiKey })
  let daemon = await start()
  let client = await clientOf(folder)
  return {
    folder,
    charter,
    member,
    get daemon() {
      return daemon
    },
    get client() {
      return client
    },
    logged: () => lines.join(''),
    async restart(options) {
      await daemon.stop()
      daemon = await start(options?.renewApiKey)
      client = await clientOf(folder)
    },
    async stop() {
      await daemon.stop()
      await rm(folder.root, { recursive: true })
    },
  }
}

async function clientOf(folder: DataFolder): Promise<PeerClient> {
  const client = await connectControl(folder.root)
  if (client === undefined) throw new Error('the peer does not answer on its control socket')
  return client
}
