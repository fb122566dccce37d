import { chmod, lstat, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type DataFolder, readIfThere, replaceFile } from './data-folder.ts'

/** `sun_path` has 104 bytes on macOS and 108 on Linux, a zero byte among them. */
const PATH_BYTES_MAX = 103
const PREFIX = 'hyperlooms-'

/** Reasons of a folder, not of the program: its path is too long, or its file system has no sockets or no room. */
const FOLDER_FAULTS: ReadonlySet<unknown> = new Set([
  'EINVAL',
  'ENAMETOOLONG',
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSPC',
  'EDQUOT',
  'EROFS',
])

/**
 * Listens on the control socket of a data folder: within it, or where its path is too long for a socket, in a new
 * private folder under `runtimeFolder`, which the file `control.path` then names. Called under the lock of the data
 * folder, so whatever lies there was left by a process that died, and is removed first. Returns how to clear up.
 */
export async function openControlSocket(
  folder: DataFolder,
  listen: (path: string) => Promise<void>,
  runtimeFolder = runtimeFolderOf(process.env),
): Promise<() => Promise<void>> {
  await clear(folder)
  const isShort = Buffer.byteLength(folder.controlSocket) <= PATH_BYTES_MAX
  if (!isShort || !(await tryListen(folder.controlSocket, listen))) {
    const elsewhere = join(await mkdtemp(join(runtimeFolder, PREFIX)), 'control.sock')
    // Before the socket, so that a crash in between leaves nothing that nobody finds.
    await replaceFile(folder.controlPath, `${elsewhere}\n`)
    await listen(elsewhere)
    await chmod(elsewhere, 0o600)
  }
  return () => clear(folder)
}

async function tryListen(path: string, listen: (path: string) => Promise<void>): Promise<boolean> {
  try {
    await listen(path)
    await chmod(path, 0o600)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && FOLDER_FAULTS.has(error.code)) return false
    throw error
  }
}

/** Where the control socket of a data folder is, if a peer runs there. */
export async function findControlSocket(folder: DataFolder): Promise<string> {
  return (await recorded(folder)) ?? folder.controlSocket
}

async function recorded({ controlPath }: DataFolder): Promise<string | undefined> {
  const text = (await readIfThere(controlPath))?.toString('utf8').trim()
  return text === undefined || text === '' ? undefined : text
}

async function clear(folder: DataFolder): Promise<void> {
  await rm(folder.controlSocket, { force: true })
  const elsewhere = await recorded(folder)
  if (elsewhere !== undefined && (await isOwnFolder(dirname(elsewhere)))) {
    await rm(dirname(elsewhere), { recursive: true, force: true })
  }
  await rm(folder.controlPath, { force: true })
}

/** A folder that this program made for a socket, and nobody else's: a damaged record must not remove anything else. */
async function isOwnFolder(path: string): Promise<boolean> {
  if (!path.includes(`/${PREFIX}`)) return false
  const status = await lstat(path).catch(() => undefined)
  return status !== undefined && status.isDirectory() && status.uid === process.getuid?.()
}

/** The account's own folder for such things where the system has one. */
function runtimeFolderOf(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['XDG_RUNTIME_DIR'] ?? tmpdir()
}
