import { readApiAccess } from '../config/api-key-file.ts'
import type { DataFolder } from '../config/data-folder.ts'

/**
 * What is said of a new API key. The key itself is for eyes only: what isn't a terminal may be a log that others
 * read and that is kept.
 */
export async function newKeyText(key: string, folder: DataFolder, isTerminal: boolean): Promise<string> {
  const lies = (await readApiAccess(folder))?.key === key
  const found = lies ? ' Commands of this machine account find it by themselves.' : ''
  if (isTerminal) {
    return `The API key of this peer, shown this once: ${key}\nIt moves the peer's credits.${found}`
  }
  if (lies) return `The API key of this peer, which moves its credits, is in ${folder.apiAccess}.${found}`
  return (
    `The API key of this peer is another one now, but this is no terminal to show it on and ${folder.apiAccess} ` +
    'was removed: make one on a terminal with "hyperlooms up --new-api-key".'
  )
}
