import { maskedCrc32c } from './crc32c.ts'

// The format of LevelDB's logs: blocks of 32 KiB hold records of checksum (4 bytes), length (2), type (1) and
// data; none crosses a block, and fewer than 7 bytes at a block's end are filled with zeros.
const BLOCK_BYTES = 32_768
const HEADER_BYTES = 7
const TYPE = { full: 1, first: 2, middle: 3, last: 4 } as const

export interface LogContent {
  /** What was appended, piece by piece, up to the first record that is not intact. */
  readonly records: readonly Uint8Array[]
  /**
   * `torn`: nothing that was appended after the last piece is intact, as a writer leaves it that dies while it
   * appends. `damaged`: a later piece is intact behind one that isn't, which no writer leaves behind.
   */
  readonly end: 'clean' | 'torn' | 'damaged'
}

interface Fragment {
  readonly type: number
  readonly data: Uint8Array
  readonly next: number
}

/**
 * Whether these bytes begin a piece that was appended after others, `before` being the last of them: anything is
 * found in what a torn piece carries, also bytes that a stranger made to look like a piece.
 */
export type IsLater = (piece: Uint8Array, before: Uint8Array | undefined) => boolean

/**
 * Reads a log, or a MANIFEST, as strictly as a reader can: LevelDB itself skips over what fails its checksum
 * and goes on, so what was synced would be gone without a word.
 */
export function readLogFile(bytes: Uint8Array, isLater: IsLater): LogContent {
  const records: Uint8Array[] = []
  let pieces: Uint8Array[] | undefined
  let at = 0
  for (;;) {
    at = skipTrailer(at)
    if (at >= bytes.length) return { records, end: pieces === undefined ? 'clean' : 'torn' }
    const fragment = fragmentAt(bytes, at)
    const starts = fragment?.type === TYPE.full || fragment?.type === TYPE.first
    if (fragment === undefined || starts !== (pieces === undefined)) {
      const before = records.at(-1)
      const later = somethingBegins(bytes, at, (piece) => isLater(piece, before))
      return { records, end: later ? 'damaged' : 'torn' }
    }
    pieces = [...(pieces ?? []), fragment.data]
    if (fragment.type === TYPE.full || fragment.type === TYPE.last) {
      records.push(Buffer.concat(pieces))
      pieces = undefined
    }
    at = fragment.next
  }
}

function skipTrailer(at: number): number {
  const left = BLOCK_BYTES - (at % BLOCK_BYTES)
  return left < HEADER_BYTES ? at + left : at
}

/** The intact record at this place, or undefined. */
function fragmentAt(bytes: Uint8Array, at: number): Fragment | undefined {
  const start = at + HEADER_BYTES
  if (start > bytes.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const type = view.getUint8(at + 6)
  const next = start + view.getUint16(at + 4, true)
  const blockEnd = at - (at % BLOCK_BYTES) + BLOCK_BYTES
  if (type < TYPE.full || type > TYPE.last || next > Math.min(blockEnd, bytes.length)) return undefined
  if (view.getUint32(at, true) !== maskedCrc32c(bytes, at + 6, next)) return undefined
  return { type, data: bytes.subarray(start, next), next }
}

/**
 * Whether a piece begins intact at or after this place. Only one is being appended at a time, and the one
 * before it was synced: behind a torn one only fragments of itself can be whole, and those don't begin one.
 * A damaged length hides where the next record is, so every place is tried.
 */
function somethingBegins(bytes: Uint8Array, from: number, accept: (piece: Uint8Array) => boolean): boolean {
  for (let at = from; at + HEADER_BYTES <= bytes.length; at += 1) {
    const type = bytes[at + 6]
    if (type !== TYPE.full && type !== TYPE.first) continue
    const fragment = fragmentAt(bytes, at)
    if (fragment !== undefined && accept(beginningOf(bytes, fragment))) return true
  }
  return false
}

/** What a fragment holds, and the next one if it goes on there: the first may be too short to tell anything. */
function beginningOf(bytes: Uint8Array, { type, data, next }: Fragment): Uint8Array {
  const following = type === TYPE.first ? fragmentAt(bytes, skipTrailer(next)) : undefined
  return following === undefined ? data : Buffer.concat([data, following.data])
}
