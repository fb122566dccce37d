import { lstat } from 'node:fs/promises'
import type { PeerId } from '../../protocol/ids.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'
import { type DataFolder, readIfThere } from '../config/data-folder.ts'
import type { Config } from '../config/options.ts'
import { readPages } from '../network/address-file.ts'

/**
 * Whether anything beside the store tells of other members, who can give back everything certified: the charter, that
 * this peer was invited, members that it is told to dial, or addresses of those it has met. A store that is damaged can't be
 * asked. A file that can't be read counts for them: a start that finds nobody costs less than a key that is given up.
 */
export async function knowsOthers(
  folder: DataFolder,
  {
    charter,
    bootstrap,
    self,
  }: { readonly charter: Charter; readonly self: PeerId } & Pick<Config, 'bootstrap'>,
): Promise<boolean> {
  if (charter.founders.some(({ peer }) => peer !== self) || bootstrap.length > 0) return true
  if (await isThere(folder.joined)) return true
  const book = await readIfThere(folder.addresses)
  return book !== undefined && readPages(book.toString('utf8')).some(({ peer }) => peer !== self)
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
  )
}
