import { crc32 } from 'node:zlib'

/**
 * A backup is a line of text with its version, then frames: type (1 byte), length of the payload (4, little-endian),
 * payload, CRC-32 over all of these (4). Payloads are canonical CBOR (`parts.ts`).
 */
export const FORMAT_VERSION = 1
export const HEADER_LINE = `hyperlooms backup ${FORMAT_VERSION}\n`
/** Longest line that names a version. */
export const HEADER_LINE_BYTES_MAX = 32
export const HEADER_LINE_PATTERN = /^hyperlooms backup (\d{1,6})\n/

/** In the order in which they come; kinds without a number of their own come any number of times. */
export const FRAME_TYPES = {
  header: 1,
  charter: 2,
  key: 3,
  file: 4,
  records: 5,
  body: 6,
  end: 7,
} as const
export type FrameType = keyof typeof FRAME_TYPES

/**
 * The largest payload. Records are grouped up to `RECORDS_BYTES`; a single one may be larger, and is far below this:
 * certificates, decisions and jobs fit into a frame of the network or a few.
 */
export const PAYLOAD_BYTES_MAX = 64 * 1_024 * 1_024
/** Records are written in groups of about this size. */
export const RECORDS_BYTES = 256 * 1_024
/** The smallest record takes some bytes: more of them than this aren't in one group. */
export const RECORDS_MAX = 4_096

export const FRAME_HEAD_BYTES = 5
export const FRAME_CHECKSUM_BYTES = 4

export interface Frame {
  readonly type: FrameType
  readonly payload: Uint8Array
}

export function encodeFrame({ type, payload }: Frame): Uint8Array {
  const bytes = Buffer.alloc(FRAME_HEAD_BYTES + payload.length + FRAME_CHECKSUM_BYTES)
  bytes.writeUInt8(FRAME_TYPES[type], 0)
  bytes.writeUInt32LE(payload.length, 1)
  bytes.set(payload, FRAME_HEAD_BYTES)
  const end = FRAME_HEAD_BYTES + payload.length
  bytes.writeUInt32LE(crc32(bytes.subarray(0, end)), end)
  return bytes
}

export function frameTypeOf(byte: number): FrameType | undefined {
  const found = Object.entries(FRAME_TYPES).find(([, number]) => number === byte)
  return found?.[0] as FrameType | undefined
}
