import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { writeCharter } from '../config/charter-file.ts'
import { resolveConfig } from '../config/config.ts'
import { dataFolder } from '../config/data-folder.ts'
import { ownRules } from '../config/lexicon.ts'
import { type Daemon, startDaemon } from '../daemon.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { type Founder, foundSwarm } from '../swarm/founding.ts'
import { waitUntil } from './wait-until.ts'

const OPERATORS = ['amber', 'birch', 'cobalt', 'dune'] as const

/**
 * Four whole peers over real sockets and real LevelDB, all witnesses, in this one process: what is measured is
 * everything but the parallelism that separate processes would add on a machine with enough cores.
 */
export interface BenchSwarm {
  readonly peers: readonly Daemon[]
  stop(): Promise<void>
}

export async function openBenchSwarm(): Promise<BenchSwarm> {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-bench-'))
  const folders = OPERATORS.map((operator) => dataFolder(join(root, operator)))
  const identities = await Promise.all(folders.map((folder) => loadOrCreateIdentity(folder.root)))
  const founders = identities.map(({ id }, at): Founder => ({ peer: id, operator: OPERATORS[at] ?? id }))
  const [first, ...rest] = founders
  if (first === undefined) throw new RangeError('a swarm has at least one peer')
  const charter = foundSwarm({ name: 'bench', founders: [first, ...rest], rules: await ownRules() })
  const peers: Daemon[] = []
  for (const [at, folder] of folders.entries()) {
    await writeCharter(folder, charter)
    const bootstrap = peers.flatMap(({ addresses }) => addresses())
    const flags = {
      apiPort: '0',
      operator: OPERATORS[at] ?? '',
      bootstrap: bootstrap.join(','),
      providers: 'reference',
    }
    const config = resolveConfig({ flags, environment: {}, file: {}, filePath: '' })
    const logger = pino({ level: 'silent' })
    peers.push(await startDaemon({ folder, config, webRoot: undefined, version: 'bench', logger }))
  }
  await Promise.all(peers.map(funded))
  return {
    peers,
    async stop() {
      await Promise.all(peers.map((peer) => peer.stop()))
      await rm(root, { recursive: true })
    },
  }
}

/** Resolves once the peer's account can spend and every operator's model is known to it. */
function funded(peer: Daemon): Promise<void> {
  const credit = () => {
    const account = peer.view.account(peer.view.self)
    return (account?.free ?? 0n) + (account?.claimable ?? 0n)
  }
  const ready = () =>
    credit() > 0n && peer.view.nodes(Date.now()).every(({ heartbeat }) => (heartbeat?.nodes.length ?? 0) > 0)
  return waitUntil(peer, ready)
}
