import { ByteReader } from './reader.ts'

/** What a MANIFEST says the database consists of. */
export interface LiveFiles {
  /** Sizes of the tables by file number. */
  readonly tables: ReadonlyMap<number, number>
  /** Logs from this number on hold what no table holds yet. */
  readonly logNumber: number
}

/** Fields of a version edit, as LevelDB's `version_edit.cc` numbers them. */
const TAG = {
  comparator: 1,
  logNumber: 2,
  nextFileNumber: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedFile: 6,
  newFile: 7,
  previousLogNumber: 9,
} as const

/** Applies a MANIFEST's edits in their order. Throws a `RangeError` for anything that isn't one. */
export function liveFiles(edits: readonly Uint8Array[]): LiveFiles {
  const tables = new Map<number, number>()
  let logNumber = 0
  for (const edit of edits) {
    const reader = new ByteReader(edit)
    while (!reader.done) {
      const tag = reader.varint()
      switch (tag) {
        case TAG.logNumber:
          logNumber = reader.varint()
          break
        case TAG.nextFileNumber:
        case TAG.lastSequence:
        case TAG.previousLogNumber:
          reader.varint()
          break
        case TAG.comparator:
          reader.slice()
          break
        case TAG.compactPointer:
          reader.varint()
          reader.slice()
          break
        case TAG.deletedFile:
          reader.varint()
          tables.delete(reader.varint())
          break
        case TAG.newFile:
          readNewFile(reader, tables)
          break
        default:
          throw new RangeError(`it has the unknown field ${tag}`)
      }
    }
  }
  return { tables, logNumber }
}

/** Level, number, size, smallest and largest key. */
function readNewFile(reader: ByteReader, tables: Map<number, number>): void {
  reader.varint()
  const number = reader.varint()
  tables.set(number, reader.varint())
  reader.slice()
  reader.slice()
}
