import { NetworkError } from './network.ts'

const MISSING = 0
const HELD = 1
const HEADER_BYTES = 5

/** One byte of status and the size as four, most significant first; no size means that the blob is missing. */
export function encodeBlobHeader(size: number | undefined): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES)
  header[0] = size === undefined ? MISSING : HELD
  new DataView(header.buffer).setUint32(1, size ?? 0)
  return header
}

/** The announced size in bytes. Throws `blob_mismatch` for anything that is not a header. */
export function decodeBlobHeader(bytes: Uint8Array): number | 'missing' {
  const status = bytes[0]
  if (bytes.length !== HEADER_BYTES || (status !== MISSING && status !== HELD)) {
    throw new NetworkError('blob_mismatch', 'The answer has no header.')
  }
  if (status === MISSING) return 'missing'
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(1)
}
