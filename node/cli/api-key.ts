import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ApiAccess, readApiAccess } from '../config/api-key-file.ts'
import { dataFolder, defaultDataFolder } from '../config/data-folder.ts'
import { isHeldByOwn } from '../store/lock.ts'
import { connect, type KeyFlags, type PeerClient } from './api.ts'
import { EXIT } from './exit-codes.ts'
import { givenKey } from './given-key.ts'
import { CommandError } from './output.ts'

/**
 * A client that shows the peer's API key: the one given, or the one that the peer left for this machine account
 * in its data folder. A key found there is shown only to the address that the same file names, and only while the
 * peer that noted it runs: whoever has taken the port of one that stopped must not get it.
 */
export async function connectWithKey({ api, data, ...source }: KeyFlags): Promise<PeerClient> {
  const given = await givenKey(source)
  if (given !== undefined) return connect(api, given)
  const { url, key } = await findAccess(api, data)
  return connect(url, key)
}

async function findAccess(api: string, data: string | undefined): Promise<ApiAccess> {
  const folders = data === undefined ? await knownFolders() : [data]
  for (const folder of folders) {
    const access = await readApiAccess(dataFolder(folder))
    const isNamed = access !== undefined && originOf(access.url) === originOf(api)
    if (isNamed && (await isHeldByOwn(folder))) return access
  }
  const message =
    `No API key of a running peer at ${api} was found here. Name its data folder with --data, or give the key with ` +
    '--api-key-file, HYPERLOOMS_API_KEY or --api-key - (standard input); "hyperlooms up --new-api-key" makes another one.'
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
