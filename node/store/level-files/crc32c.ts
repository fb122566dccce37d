/** Castagnoli's polynomial, reflected: the checksum that LevelDB's files carry. */
const POLYNOMIAL = 0x82f63b78
const MASK_DELTA = 0xa282ead8
/** Bytes taken in one step: eight tables let a start check some hundred megabytes a second. */
const STRIDE = 8

const TABLES = createTables()

/** Row t holds, for each byte, its effect when t further bytes follow it in the same step. */
function createTables(): Uint32Array {
  const tables = new Uint32Array(STRIDE * 256)
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL
    tables[byte] = crc
  }
  for (let at = 256; at < tables.length; at += 1) {
    const previous = tables[at - 256] ?? 0
    tables[at] = (previous >>> 8) ^ (tables[previous & 0xff] ?? 0)
  }
  return tables
}

/** CRC-32C of a range of bytes. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const entry = (row: number, byte: number): number => TABLES[(row << 8) | byte] ?? 0
  let crc = 0xffffffff
  let at = start
  for (; at + STRIDE <= end; at += STRIDE) {
    const low = view.getUint32(at, true) ^ crc
    const high = view.getUint32(at + 4, true)
    crc =
      entry(7, low & 0xff) ^
      entry(6, (low >>> 8) & 0xff) ^
      entry(5, (low >>> 16) & 0xff) ^
      entry(4, low >>> 24) ^
      entry(3, high & 0xff) ^
      entry(2, (high >>> 8) & 0xff) ^
      entry(1, (high >>> 16) & 0xff) ^
      entry(0, high >>> 24)
  }
  for (; at < end; at += 1) crc = entry(0, (crc ^ (bytes[at] ?? 0)) & 0xff) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** As LevelDB stores it: masked, since the checksum of data that holds checksums is a weak one. */
export function maskedCrc32c(bytes: Uint8Array, start: number, end: number): number {
  const crc = crc32c(bytes, start, end)
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0
}
