import { access, mkdir, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BackupError } from '../backup/backup-error.ts'
import { replaceSyncedFile, syncDirectory } from '../synced-file.ts'

const JOURNAL_FILE = 'restore.json'
const STAGING_PREFIX = 'restore-'
const STAGING_PATTERN = /^restore-[0-9a-f-]{36}$/
const ASIDE_PATTERN = /^replaced-[0-9TZ-]{1,40}$/

/**
 * What a restore puts into the data folder, or takes out of it: all that makes up the peer. The rest stays: the lock,
 * the log, stores that were moved aside earlier. The identity is the last to come.
 */
export const PEER_FILES = [
  'store.mark',
  'store',
  'blobs',
  'charter.cbor',
  'charter.json',
  'joined.cbor',
  'config.json',
  'api-key.json',
  'keys',
  'identity.key',
] as const
type PeerFile = (typeof PEER_FILES)[number]

/** Left where they are if the backup has none: a body is the same wherever it comes from, settings are the machine's. */
const STAYING: readonly PeerFile[] = ['blobs', 'config.json', 'api-key.json']

interface Journal {
  readonly version: 1
  /** Folder beside it with what is to come. */
  readonly staging: string
  /** Folder beside it that takes what was there. */
  readonly aside: string
  /** What comes; of these, whatever lies there while it is still in `staging` is old. */
  readonly incoming: readonly PeerFile[]
  /** What was there and has no successor. */
  readonly outgoing: readonly PeerFile[]
}

export interface CompletedRestore {
  /** Where everything lies that was there before; null if there was nothing. */
  readonly movedTo: string | null
}

export function stagingName(): string {
  return `${STAGING_PREFIX}${crypto.randomUUID()}`
}

/**
 * The moment from which the restore counts: before it, nothing was changed; after it, whoever opens the data folder
 * next ends it. What lies in `staging` must be durable.
 */
export async function commitRestore(root: string, staging: string): Promise<void> {
  const [incoming, present] = await Promise.all([peerFilesIn(join(root, staging)), peerFilesIn(root)])
  const journal: Journal = {
    version: 1,
    staging,
    aside: `replaced-${new Date().toISOString().replace(/[:.]/g, '-')}`,
    incoming,
    outgoing: present.filter((name) => !incoming.includes(name) && !STAYING.includes(name)),
  }
  await replaceSyncedFile(join(root, JOURNAL_FILE), `${JSON.stringify(journal)}\n`)
}

/**
 * Ends a restore that was committed, and removes what one left that wasn't; undefined when none was committed. Each
 * step is a rename that is done or not, so it can be cut short anywhere and begun again. Whoever calls it holds the
 * data folder's lock. Nothing of the peer is deleted.
 */
export async function completeRestore(root: string): Promise<CompletedRestore | undefined> {
  const journal = await readJournal(root)
  if (journal === undefined) {
    await removeStaging(root)
    return undefined
  }
  const staging = join(root, journal.staging)
  const aside = join(root, journal.aside)
  for (const name of journal.outgoing) await moveAside(root, aside, name)
  for (const name of journal.incoming) {
    // Gone from there: it has come already, and what lies in the folder is new.
    if (!(await exists(join(staging, name)))) continue
    await moveAside(root, aside, name)
    await rename(join(staging, name), join(root, name))
  }
  await syncDirectory(root)
  const movedTo = (await exists(aside)) ? aside : null
  if (movedTo !== null) await syncDirectory(movedTo)
  await rm(join(root, JOURNAL_FILE))
  await syncDirectory(root)
  await removeStaging(root)
  return { movedTo }
}

/** Whether a restore was committed and isn't ended. */
export function isRestorePending(root: string): Promise<boolean> {
  return exists(join(root, JOURNAL_FILE))
}

/** Names of a peer's parts that lie there. */
export async function peerFilesIn(folder: string): Promise<readonly PeerFile[]> {
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (hasCode(error, 'ENOENT')) return []
    throw error
  })
  return PEER_FILES.filter((name) => names.includes(name))
}

async function moveAside(root: string, aside: string, name: PeerFile): Promise<void> {
  if (!(await exists(join(root, name)))) return
  await mkdir(aside, { recursive: true, mode: 0o700 })
  await rename(join(root, name), join(aside, name))
}

/** Nothing in it was ever used: it is a copy of what the backup holds. */
async function removeStaging(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!STAGING_PATTERN.test(name)) continue
    await rmdir(join(root, name)).catch((error: unknown) => {
      if (hasCode(error, 'ENOTEMPTY') || hasCode(error, 'EEXIST'))
        return rm(join(root, name), { recursive: true })
      throw error
    })
  }
}

async function readJournal(root: string): Promise<Journal | undefined> {
  const path = join(root, JOURNAL_FILE)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
  const journal = parse(text)
  if (journal !== undefined) return journal
  const message = `${path}, which says how far a restore has come, is not what this program writes. Use the newer program that wrote it, or put back the folder from a backup.`
  throw new BackupError('backup_failed', message)
}

function parse(text: string): Journal | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { version, staging, aside, incoming, outgoing } = value as Readonly<Record<string, unknown>>
  if (version !== 1 || typeof staging !== 'string' || typeof aside !== 'string') return undefined
  if (!STAGING_PATTERN.test(staging) || !ASIDE_PATTERN.test(aside)) return undefined
  if (!areNames(incoming) || !areNames(outgoing)) return undefined
  return { version, staging, aside, incoming, outgoing }
}

function areNames(value: unknown): value is readonly PeerFile[] {
  return Array.isArray(value) && value.every((name) => PEER_FILES.some((known) => known === name))
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
