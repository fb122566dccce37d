import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { DataFolder } from '../config/data-folder.ts'
import { holdsDatabase } from './level-files/check-files.ts'
import { IDENTITY_FILE } from './keystore.ts'
import { isRestorePending } from './restore/restore-journal.ts'

/** A part that a peer can't do without, and whose replacement would be another peer or another swarm. */
export class LostPartError extends Error {
  readonly code: 'identity_lost' | 'charter_lost'

  constructor(code: LostPartError['code'], message: string) {
    super(message)
    this.name = 'LostPartError'
    this.code = code
  }
}

interface Joining {
  /** An invitation brings the charter, where there are no records yet that are another swarm's. */
  readonly isJoining?: boolean
}

/**
 * What is missing of a peer that has lived in this data folder: its key, or the charter of its swarm. Undefined for a
 * whole peer, for none, and for one whose restore or join was cut short and goes on with the next start.
 */
export async function lostPart(
  folder: DataFolder,
  { isJoining = false }: Joining = {},
): Promise<LostPartError | undefined> {
  const { root, charter, joined, joining } = folder
  if (await isRestorePending(root)) return undefined
  const key = join(root, IDENTITY_FILE)
  const [hasKey, hasCharter, hasJoined, hasStore] = await Promise.all([
    isThere(key),
    isThere(charter),
    isThere(joined),
    holdsDatabase(folder.store),
  ])
  if (!hasKey && (hasCharter || hasJoined || hasStore))
    return new LostPartError(
      'identity_lost',
      `The peer's key ${key} is missing, though a peer has lived in ${root}: put the key back from a backup, or run "hyperlooms reset" to start as a new peer; what the lost key owns is lost with it.`,
    )
  // A join writes it last, and goes on while its invitation is there.
  const mayJoin = isJoining || (await isThere(joining))
  if (!hasCharter && (hasStore || (hasJoined && !mayJoin)))
    return new LostPartError(
      'charter_lost',
      `The charter ${charter} is missing, though ${root} belongs to a swarm: put it back from a backup or copy it from another member, whose file is the same, or run "hyperlooms reset" to leave that swarm.`,
    )
  return undefined
}

/** Throws `identity_lost` or `charter_lost` before anything is made in the place of what is missing. */
export async function requireWhole(folder: DataFolder, joining?: Joining): Promise<void> {
  const lost = await lostPart(folder, joining)
  if (lost !== undefined) throw lost
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
  )
}
