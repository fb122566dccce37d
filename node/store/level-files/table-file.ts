import { maskedCrc32c } from './crc32c.ts'
import { ByteReader } from './reader.ts'

// The format of LevelDB's tables: blocks, each followed by its compression (1 byte) and checksum (4), and a
// footer with the places of the meta index and the index, and a magic number.
const FOOTER_BYTES = 48
const MAGIC = 0xdb4775248b80fb57n
const UNCOMPRESSED = 0

interface Handle {
  readonly offset: number
  readonly size: number
}

/**
 * Says what is wrong with a table, or nothing. Every byte that LevelDB may read is covered by a checksum that it
 * doesn't look at itself: a flipped bit could let a record vanish, or an older version of it come back.
 */
export function tableFault(bytes: Uint8Array): string | undefined {
  if (bytes.length < FOOTER_BYTES) return 'it is too short'
  const footer = bytes.length - FOOTER_BYTES
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getBigUint64(bytes.length - 8, true) !== MAGIC) return 'its end is damaged'
  try {
    const reader = new ByteReader(bytes, footer, bytes.length - 8)
    const roots = [readHandle(reader), readHandle(reader)]
    const damaged = roots.find((root) => !isIntact(bytes, root))
    if (damaged !== undefined) return faultOf(damaged)
    const inner = roots.flatMap((root) => handlesIn(bytes, root)).find((block) => !isIntact(bytes, block))
    return inner === undefined ? undefined : faultOf(inner)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return `its index is malformed: ${error.message}`
  }
}

function faultOf({ offset }: Handle): string {
  return `the block at ${offset} fails its checksum`
}

function readHandle(reader: ByteReader): Handle {
  return { offset: reader.varint(), size: reader.varint() }
}

function isIntact(bytes: Uint8Array, { offset, size }: Handle): boolean {
  const end = offset + size + 1
  if (!(end + 4 <= bytes.length)) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return view.getUint32(end, true) === maskedCrc32c(bytes, offset, end)
}

/** Places of the blocks that an index names. One that is compressed was written before this program switched it off. */
function handlesIn(bytes: Uint8Array, { offset, size }: Handle): readonly Handle[] {
  if (bytes[offset + size] !== UNCOMPRESSED) return []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const restarts = view.getUint32(offset + size - 4, true)
  const reader = new ByteReader(bytes, offset, offset + size - 4 - 4 * restarts)
  const handles: Handle[] = []
  while (!reader.done) {
    reader.varint()
    const unshared = reader.varint()
    const valueBytes = reader.varint()
    reader.take(unshared)
    const value = reader.at
    reader.take(valueBytes)
    handles.push(readHandle(new ByteReader(bytes, value, value + valueBytes)))
  }
  return handles
}
