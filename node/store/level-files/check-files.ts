import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readLogFile } from './log-file.ts'
import { type LiveFiles, liveFiles } from './manifest.ts'
import { LevelDamage } from './reader.ts'
import { tableFault } from './table-file.ts'

const CURRENT = 'CURRENT'
const CURRENT_PATTERN = /^(MANIFEST-\d+)\n$/

/** Number of the batch that a log's record begins; undefined for anything else. */
type NumberOf = (record: Uint8Array) => number | undefined

/** Whether LevelDB would find a database there or make a new one. */
export async function holdsDatabase(directory: string): Promise<boolean> {
  return (await readIfThere(directory, CURRENT)) !== undefined
}

/**
 * Reads every file that a database consists of and compares every checksum, before LevelDB opens it: on opening
 * it skips what it can't read in a log and removes files that its MANIFEST doesn't name. Throws `LevelDamage`.
 *
 * What this finds: any changed byte that means something, a file that is missing or too short, a batch missing
 * between others. What it can't find is that the newest batches are gone as a whole; `StoreMark` is for that.
 *
 * Why kill -9 and power failures raise no alarm: tables and MANIFEST are synced before the next MANIFEST, or
 * CURRENT, names them, and logs are removed only after. An edit or a batch in the middle of being appended is
 * torn, which is fine at the end of the MANIFEST and of the last log with a batch: one is appended at a time, and
 * nothing follows before it is synced.
 */
export async function checkLevelFiles(directory: string, numberOf: NumberOf): Promise<void> {
  const { tables, logNumber } = await readManifest(directory)
  for (const [number, size] of tables) await checkTable(directory, fileName(number, 'ldb'), size)
  await checkLogs(directory, logNumber, numberOf)
}

async function readManifest(directory: string): Promise<LiveFiles> {
  const [, name] = CURRENT_PATTERN.exec((await readFile(join(directory, CURRENT))).toString('latin1')) ?? []
  if (name === undefined) throw new LevelDamage(CURRENT, 'it names no MANIFEST')
  const content = readLogFile(await require(directory, name), () => true)
  if (content.end === 'damaged') throw new LevelDamage(name, 'a record fails its checksum')
  if (content.records.length === 0) throw new LevelDamage(name, 'it holds no whole record')
  try {
    return liveFiles(content.records)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new LevelDamage(name, error.message)
  }
}

async function checkTable(directory: string, name: string, size: number): Promise<void> {
  const bytes = await require(directory, name)
  const fault = bytes.length < size ? 'it is too short' : tableFault(bytes.subarray(0, size))
  if (fault !== undefined) throw new LevelDamage(name, fault)
}

/**
 * LevelDB begins a new log when the memory table of the one before is full, or when it opens; so at most the
 * last ones are empty, and batches are numbered on from one to the next.
 */
async function checkLogs(directory: string, logNumber: number, numberOf: NumberOf): Promise<void> {
  const numbers = (await readdir(directory))
    .map((name) => Number(/^(\d+)\.log$/.exec(name)?.[1] ?? -1))
    .filter((number) => number >= logNumber)
    .sort((a, b) => a - b)
  // A database that was being created names log 0 and has none.
  if (logNumber > 0 && numbers[0] !== logNumber) {
    throw new LevelDamage(fileName(logNumber, 'log'), 'it is missing')
  }
  let ended: string | undefined
  let last: number | undefined
  for (const number of numbers) {
    const name = fileName(number, 'log')
    const reached = last
    const { records, end } = readLogFile(await require(directory, name), (piece, before) =>
      isAbove(numberOf(piece), before === undefined ? reached : numberOf(before)),
    )
    if (end === 'damaged') throw new LevelDamage(name, 'a record between others fails its checksum')
    if (records.length > 0 && ended !== undefined) throw new LevelDamage(ended, 'its end is missing')
    for (const record of records) {
      const batch = numberOf(record)
      if (last !== undefined && batch !== last + 1)
        throw new LevelDamage(name, `batch ${last + 1} is missing`)
      last = batch
    }
    if (end === 'torn' || records.length === 0) ended = name
  }
}

/** Whether a batch comes after another; before it there may be none with a number. */
function isAbove(number: number | undefined, other: number | undefined): boolean {
  return number !== undefined && (other === undefined || number > other)
}

async function require(directory: string, name: string): Promise<Uint8Array> {
  const bytes = await readIfThere(directory, name)
  if (bytes === undefined) throw new LevelDamage(name, 'it is missing')
  return bytes
}

async function readIfThere(directory: string, name: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(directory, name))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return undefined
    // The disk can't read its own sectors.
    if (code === 'EIO') throw new LevelDamage(name, 'the disk fails to read it')
    throw error
  }
}

function fileName(number: number, extension: string): string {
  return `${number.toString().padStart(6, '0')}.${extension}`
}
