import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { defaultDataFolder } from '../config/data-folder.ts'
import { API_DEFAULT, type ApiFlags, connect, type PeerClient } from './api.ts'
import { connectControl } from './control-client.ts'
import { EXIT } from './exit-codes.ts'
import { givenKey } from './given-key.ts'
import { CommandError } from './output.ts'

/** Options of verbs that only the account of a data folder may use. */
export function controlOptions(command: Command): Command {
  return command
    .option(
      '--data <folder>',
      'data folder of the peer (default: $HYPERLOOMS_DATA, ~/.hyperlooms, npm start)',
    )
    .option('--json', 'print JSON')
}

/** Options of every verb that talks to a peer. */
export function apiOptions(command: Command): Command {
  return controlOptions(command)
    .option('--api <url>', `address of the peer instead, such as ${API_DEFAULT} (or HYPERLOOMS_API)`)
    .addOption(
      new Option(
        '--api-key <key>',
        "the peer's API key, which moving credits needs at an address; - reads it from standard input, other " +
          'users see one given here (default: $HYPERLOOMS_API_KEY)',
      ).conflicts('apiKeyFile'),
    )
    .option('--api-key-file <file>', 'file that holds the API key (default: $HYPERLOOMS_API_KEY_FILE)')
}

/**
 * The peer that a verb talks to: at the address that was given; else of the data folder that was given, over its
 * control socket; else of the first folder of this account on which one runs; else at the usual address.
 */
export async function reachPeer({ api, data, ...source }: ApiFlags): Promise<PeerClient> {
  const address = api ?? (data === undefined ? process.env['HYPERLOOMS_API'] : undefined)
  if (address !== undefined) return connect(address, await givenKey(source))
  const found = await findControl(data)
  if (found !== undefined) return found
  if (data !== undefined) throw nobody(data)
  return connect(API_DEFAULT, await givenKey(source))
}

/** The peer of a data folder; no address will do. Throws `CommandError` where none runs. */
export async function reachControl({ data }: Pick<ApiFlags, 'data'>): Promise<PeerClient> {
  const found = await findControl(data)
  if (found === undefined) throw nobody(data ?? defaultDataFolder(process.env))
  return found
}

async function findControl(data: string | undefined): Promise<PeerClient | undefined> {
  for (const folder of data === undefined ? await knownFolders() : [resolve(data)]) {
    const client = await connectControl(folder)
    if (client !== undefined) return client
  }
  return undefined
}

/** Where a peer started by this account keeps its data unless it was told otherwise. */
async function knownFolders(): Promise<readonly string[]> {
  const { defaultLocalFolder } = await import('../swarm/local-plan.ts')
  const own = defaultDataFolder(process.env)
  // Whoever names a folder for all commands means that one.
  if (process.env['HYPERLOOMS_DATA'] !== undefined) return [own]
  const local = defaultLocalFolder()
  const peers = await readdir(local).catch(() => [])
  const started = peers.filter((name) => /^peer-\d+$/.test(name)).sort()
  return [own, ...started.map((name) => join(local, name))]
}

function nobody(folder: string): CommandError {
  const message =
    `No peer runs on ${folder}. Start it with "hyperlooms up --data ${folder}", or name the data folder of ` +
    'another one with --data.'
  return new CommandError(message, EXIT.unavailable)
}
