import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readApiAccess } from '../config/api-key-file.ts'
import { dataFolder, defaultDataFolder } from '../config/data-folder.ts'
import { connect, type KeyFlags, type PeerClient } from './api.ts'
import { EXIT } from './exit-codes.ts'
import { CommandError } from './output.ts'

/**
 * A client that shows the peer's API key: the one given, or the one that the peer left for this machine account
 * in its data folder. A key found there is shown only to the address that the same file names.
 */
export async function connectWithKey({ api, apiKey, data }: KeyFlags): Promise<PeerClient> {
  return connect(api, apiKey ?? (await findKey(api, data)))
}

async function findKey(api: string, data: string | undefined): Promise<string> {
  const folders = data === undefined ? await knownFolders() : [data]
  const found = await Promise.all(folders.map((folder) => readApiAccess(dataFolder(folder))))
  const key = found.find((access) => access !== undefined && originOf(access.url) === originOf(api))?.key
  if (key !== undefined) return key
  const message =
    `No API key of the peer at ${api} was found here. Name its data folder with --data, or give the key with ` +
    '--api-key or HYPERLOOMS_API_KEY; "hyperlooms up --new-api-key" makes another one.'
  throw new CommandError(message, EXIT.usage)
}

/** Where a peer started by this account keeps its data unless it was told otherwise. */
async function knownFolders(): Promise<readonly string[]> {
  const { defaultLocalFolder } = await import('../swarm/local-plan.ts')
  const local = defaultLocalFolder()
  const peers = await readdir(local).catch(() => [])
  return [defaultDataFolder(process.env), ...peers.map((name) => join(local, name))]
}

function originOf(url: string): string | undefined {
  return URL.parse(url)?.origin.replace('//localhost', '//127.0.0.1')
}
