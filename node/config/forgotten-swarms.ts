import { isDigest, type SwarmId } from '../../protocol/ids.ts'
import { ConfigError } from './config.ts'
import { type DataFolder, readIfThere, replaceFile } from './data-folder.ts'

/**
 * Swarms that a reset made this key forget. Should the peer come back to one, its votes there are lost, as after a
 * lost store (4.10): as a witness it must never vote again, and its account must ask others before it signs.
 */
export async function readForgotten({ forgotten: path }: DataFolder): Promise<readonly SwarmId[]> {
  const text = (await readIfThere(path))?.toString('utf8')
  if (text === undefined) return []
  const value = parse(text)
  const ids: readonly unknown[] = Array.isArray(value) ? value : [undefined]
  if (ids.every((id) => typeof id === 'string' && isDigest(id))) return ids
  throw new ConfigError(`${path} is damaged: it must be a list of swarm ids, restore it from a copy`)
}

/** Written before anything of the swarm is removed: a crash in between forgets too much and never too little. */
export async function noteForgotten(folder: DataFolder, swarm: SwarmId): Promise<void> {
  const known = await readForgotten(folder)
  if (!known.includes(swarm)) await replaceFile(folder.forgotten, `${JSON.stringify([...known, swarm])}\n`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
