import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { linkSyncedFile, syncDirectory } from './synced-file.ts'

/** What the mark knows of the store beside it. */
export interface MarkContent {
  /** Random name of the store, in hexadecimal: one that was put in its place has another. */
  readonly id: string
  /**
   * Batches synced, as far as the mark knows. 0: the store is still to be created and nothing was ever kept, unless
   * it was adopted.
   */
  readonly sequence: number
  /** The mark was made for a database that a program without marks left: that one must be there. */
  readonly adopted: boolean
  /** It took the place of one that was damaged or lost: what that one held must be taken as forgotten. */
  readonly replaced: boolean
  /** It was restored from a backup: what its peer signed after that is forgotten, its own entries among it. */
  readonly restored: boolean
  /** The store must not be used again: a record failed its checksum, or it was about to be moved aside. */
  readonly condemned: boolean
}

export type MarkReading =
  | { readonly status: 'absent' | 'unreadable' }
  | { readonly status: 'version-unknown'; readonly version: number }
  | { readonly status: 'read'; readonly content: MarkContent; readonly slot: number }

const FILE_NAME = 'store.mark'
const MAGIC = Buffer.from('hl-mark', 'latin1')
const VERSION = 1
const ID_BYTES = 16
const FLAGS = { replaced: 1, condemned: 2, adopted: 4, restored: 8 } as const
type Flag = keyof typeof FLAGS
const FLAG_NAMES = ['replaced', 'condemned', 'adopted', 'restored'] as const
// magic 7, version 1, id 16, sequence 8, flags 1, checksum 4.
const SLOT_BYTES = 37
/** Far enough apart that no device writes both at once. */
const SLOT_OFFSETS = [0, 4_096] as const
const FILE_BYTES = 8_192

/**
 * The mark: a small file beside the store that says which store belongs there and how far it had come. LevelDB
 * can't tell a log that lost its end from one that was never longer, nor an empty folder from a new one.
 *
 * It raises no false alarm: a number is written only after the batch that has it is synced, so the mark is older
 * than the store or equal to it, never newer. It isn't synced itself, which would double the cost of each batch:
 * kill -9 leaves it in the system's memory with all that was written, a power failure may set it back. Two places
 * take turns, so a torn write leaves the other one, which is one batch older. Only the first number and the
 * flags are synced.
 *
 * It is created before the key (`keystore.ts`), so a key without a mark is one whose folder lost it. `restore` leaves
 * its own (`restore/`); whoever puts back a copy of the whole folder by hand is not found out; neither is a disk that says "synced" and loses it.
 */
export class StoreMark {
  readonly #file: number
  #content: MarkContent
  #slot: number

  /** Of a mark that was just read, by whoever holds the data folder. */
  constructor(root: string, { content, slot }: Extract<MarkReading, { status: 'read' }>) {
    this.#file = openSync(join(root, FILE_NAME), 'r+')
    this.#content = content
    this.#slot = slot
  }

  /** All batches up to this one are synced. Takes microseconds: it goes to the system's memory only. */
  advance(sequence: number): void {
    this.#write({ ...this.#content, sequence })
  }

  /** Both places, and synced: what it says now stands whatever happens. */
  settle(change: Partial<Pick<MarkContent, 'sequence' | 'condemned'>>): void {
    for (const _ of SLOT_OFFSETS) this.#write({ ...this.#content, ...change })
    fsyncSync(this.#file)
  }

  close(): void {
    closeSync(this.#file)
  }

  #write(content: MarkContent): void {
    this.#content = content
    this.#slot = 1 - this.#slot
    writeSync(this.#file, encode(content), 0, SLOT_BYTES, SLOT_OFFSETS[this.#slot] ?? 0)
  }
}

type Place = Extract<MarkReading, { readonly status: 'read' }>

/** A flag that only one place has was set when the writer was killed: none is ever taken back for the same store. */
function newerOf(one: Place, other: Place): Place {
  const newer = other.content.sequence > one.content.sequence ? other : one
  if (one.content.id !== other.content.id) return newer
  const flags = FLAG_NAMES.map((name) => [name, one.content[name] || other.content[name]] as const)
  return { ...newer, content: { ...newer.content, ...Object.fromEntries(flags) } }
}

export async function readStoreMark(root: string): Promise<MarkReading> {
  const bytes = await readFile(join(root, FILE_NAME)).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (bytes === undefined) return { status: 'absent' }
  let newest: MarkReading = { status: 'unreadable' }
  for (const [slot, offset] of SLOT_OFFSETS.entries()) {
    const content = decode(bytes.subarray(offset, offset + SLOT_BYTES))
    if (typeof content === 'number') return { status: 'version-unknown', version: content }
    if (content === undefined) continue
    if (newest.status !== 'read') newest = { status: 'read', content, slot }
    else newest = newerOf(newest, { status: 'read', content, slot })
  }
  return newest
}

/**
 * The mark of a store that is still to be created, or of one without a mark that is taken over (`adopted`), or of
 * one that is being restored; `replaced` then says that votes may be forgotten with it. Of several creators one
 * wins, and the others keep its mark.
 */
export async function createStoreMark(
  root: string,
  flags: Partial<Pick<MarkContent, 'adopted' | 'restored' | 'replaced'>> = {},
): Promise<void> {
  await linkSyncedFile(join(root, FILE_NAME), fresh(flags))
  await syncDirectory(root)
}

/**
 * Puts a new mark in the place of any other. Before a damaged store is moved aside one that is `condemned`, so that
 * whatever happens next the loss isn't forgotten; then the one of the store that follows.
 */
export async function replaceStoreMark(root: string, { condemned = false } = {}): Promise<void> {
  const temporary = join(root, `${FILE_NAME}.tmp`)
  await writeFile(temporary, fresh({ replaced: true, condemned }), { mode: 0o600, flush: true })
  await rename(temporary, join(root, FILE_NAME))
  await syncDirectory(root)
}

function fresh(flags: Partial<Pick<MarkContent, Flag>>): Uint8Array {
  const id = randomBytes(ID_BYTES).toString('hex')
  const none = { replaced: false, condemned: false, adopted: false, restored: false }
  const slot = encode({ id, sequence: 0, ...none, ...flags })
  const bytes = new Uint8Array(FILE_BYTES)
  for (const offset of SLOT_OFFSETS) bytes.set(slot, offset)
  return bytes
}

function encode({ id, sequence, ...flags }: MarkContent): Uint8Array {
  const slot = Buffer.alloc(SLOT_BYTES)
  MAGIC.copy(slot)
  slot.writeUInt8(VERSION, 7)
  slot.write(id, 8, ID_BYTES, 'hex')
  slot.writeBigUInt64LE(BigInt(sequence), 24)
  slot.writeUInt8(
    FLAG_NAMES.reduce((bits, name) => bits | (flags[name] ? FLAGS[name] : 0), 0),
    32,
  )
  slot.writeUInt32LE(crc32(slot.subarray(0, SLOT_BYTES - 4)), SLOT_BYTES - 4)
  return slot
}

/** The content; a number for a version that this program doesn't know; undefined for anything else. */
function decode(slot: Buffer): MarkContent | number | undefined {
  if (slot.length < SLOT_BYTES || !slot.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  if (slot.readUInt32LE(SLOT_BYTES - 4) !== crc32(slot.subarray(0, SLOT_BYTES - 4))) return undefined
  const version = slot.readUInt8(7)
  if (version !== VERSION) return version
  const flags = slot.readUInt8(32)
  return {
    id: slot.toString('hex', 8, 8 + ID_BYTES),
    sequence: Number(slot.readBigUInt64LE(24)),
    replaced: (flags & FLAGS.replaced) !== 0,
    condemned: (flags & FLAGS.condemned) !== 0,
    adopted: (flags & FLAGS.adopted) !== 0,
    restored: (flags & FLAGS.restored) !== 0,
  }
}
