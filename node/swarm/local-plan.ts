import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PeerId } from '../../protocol/ids.ts'
import { readCharter, writeCharter } from '../config/charter-file.ts'
import {
  type DataFolder,
  dataFolder,
  readIfThere,
  replaceFile,
  writeConfigFile,
} from '../config/data-folder.ts'
import { ownRules } from '../config/lexicon.ts'
import type { OptionName } from '../config/options.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { type Founder, foundSwarm } from './founding.ts'
import { freePorts, freePortsFrom } from './free-port.ts'

/** Each peer has an operator of its own, or the election would take only one of them. */
const LOCAL_OPERATORS = ['amber', 'birch', 'cobalt', 'dune'] as const
const API_PORT_FIRST = 8_000
/** Credits for a run; the liar asks for less, so that it is elected. */
const HONEST_PRICE = '0.01'
const LIAR_PRICE = '0.001'

export interface PlannedPeer {
  readonly id: PeerId
  readonly operator: string
  readonly folder: DataFolder
  readonly settings: Readonly<Partial<Record<OptionName, string>>>
}

/** Under the checkout, where it is found and removed easily; an installed program must not write beside itself. */
export function defaultLocalFolder(): string {
  const isCheckout = import.meta.url.endsWith('.ts')
  const home = isCheckout ? fileURLToPath(new URL('../..', import.meta.url)) : homedir()
  return join(home, '.hyperlooms', 'local')
}

/**
 * Four peers in folders of their own, with one charter, settings and ports. The first time their identities and
 * the swarm are made; later the same are found, and only ports that others took meanwhile change.
 */
export async function planLocalSwarm(root: string, liars: number): Promise<readonly PlannedPeer[]> {
  const folders = LOCAL_OPERATORS.map((_, at) => dataFolder(join(root, `peer-${at + 1}`)))
  const identities = await Promise.all(folders.map((folder) => loadOrCreateIdentity(folder.root)))
  const founders = identities.map(({ id }, at) => ({ peer: id, operator: LOCAL_OPERATORS[at] ?? '' }))
  await ensureCharter(folders, founders)
  const wished = await readPorts(root)
  const ports = await freePorts(LOCAL_OPERATORS.map((_, at) => wished[at]))
  const apiPorts = await freePortsFrom(API_PORT_FIRST, LOCAL_OPERATORS.length)
  await replaceFile(portsFile(root), `${JSON.stringify(ports)}\n`)

  const addresses = founders.map(({ peer }, at) => `/ip4/127.0.0.1/tcp/${ports[at]}/p2p/${peer}`)
  return Promise.all(
    folders.map(async (folder, at): Promise<PlannedPeer> => {
      const { peer: id, operator } = founders[at] ?? raise()
      // The first peer pays for the sample job, so it stays honest.
      const lies = at > 0 && at <= liars
      const settings = {
        operator,
        apiHost: '127.0.0.1',
        apiPort: String(apiPorts[at]),
        listen: `/ip4/127.0.0.1/tcp/${ports[at]},/ip4/127.0.0.1/tcp/0/ws`,
        bootstrap: addresses.filter((_, other) => other !== at).join(),
        price: lies ? LIAR_PRICE : HONEST_PRICE,
        lie: String(lies),
        web: 'false',
      }
      await writeConfigFile(folder, settings)
      return { id, operator, folder, settings }
    }),
  )
}

/** A crash in between leaves some folders without a charter; the next start copies it there. */
async function ensureCharter(folders: readonly DataFolder[], founders: readonly Founder[]): Promise<void> {
  const found = await Promise.all(folders.map(readCharter))
  const [first = raise(), ...others] = founders
  const charter =
    found.find((each) => each !== undefined) ??
    foundSwarm({ name: 'local', founders: [first, ...others], rules: await ownRules() })
  await Promise.all(
    folders.filter((_, at) => found[at] === undefined).map((folder) => writeCharter(folder, charter)),
  )
}

function portsFile(root: string): string {
  return join(root, 'ports.json')
}

/** Ports of the last start; a file that isn't a list of ports counts as none. */
async function readPorts(root: string): Promise<readonly (number | undefined)[]> {
  const text = (await readIfThere(portsFile(root)))?.toString('utf8') ?? '[]'
  const ports: unknown = /^[\d\s,[\]]*$/.test(text) ? JSON.parse(text) : []
  return Array.isArray(ports) ? ports.map((port) => (typeof port === 'number' ? port : undefined)) : []
}

function raise(): never {
  throw new Error('a swarm needs founders')
}
