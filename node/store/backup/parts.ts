import {
  bytes,
  type Codec,
  digest,
  flag,
  type Infer,
  list,
  oneOf,
  peerId,
  signature,
  struct,
  text,
  uint,
} from '../../../protocol/encoding/codec.ts'
import { decodeBody, encodeBody } from '../../../protocol/encoding/body.ts'
import { TRUSTED } from '../../../protocol/encoding/evidence.ts'
import { LIMITS } from '../../../protocol/params.ts'
import { PAYLOAD_BYTES_MAX, RECORDS_MAX } from './frame.ts'

const TEXT_BYTES_MAX = 1_024
/** The longest key has two ids and a number; LevelDB sets no limit. */
const RECORD_KEY_CHARACTERS_MAX = 1_024
const VERSION_MAX = 1_000_000

/** What a backup says of itself before its contents: all that a restore must know to refuse. */
export const headerCodec = struct({
  /** The program that wrote it, for people. */
  program: text({ max: TEXT_BYTES_MAX }),
  createdMs: uint(),
  peer: peerId,
  swarm: digest(),
  swarmName: text({ max: LIMITS.nameBytes }),
  epoch: uint(),
  /** Who witnesses, as far as the peer knew. */
  witnesses: list(peerId, { max: LIMITS.witnesses }),
  /** How many members it knew, itself among them. */
  members: uint(),
  storeVersion: uint(VERSION_MAX),
  /** How many batches the store held. */
  position: uint(),
  keys: oneOf('plain', 'sealed'),
  /** Whether bodies of prompts and answers follow. */
  bodies: flag,
})
export type BackupHeader = Infer<typeof headerCodec>

/** A file that lies in the data folder under this name. */
export const fileCodec = struct({
  name: text({ min: 1, max: TEXT_BYTES_MAX }),
  content: bytes({ max: PAYLOAD_BYTES_MAX }),
})
export type BackupFile = Infer<typeof fileCodec>

export const recordsCodec = list(
  struct({
    key: text({ min: 1, max: RECORD_KEY_CHARACTERS_MAX }),
    value: bytes({ max: PAYLOAD_BYTES_MAX }),
  }),
  { min: 1, max: RECORDS_MAX },
)

export const bodyCodec = struct({ digest: digest(), content: bytes({ max: PAYLOAD_BYTES_MAX }) })

/** Closes the file: counts, and the peer's word for every byte before this frame. */
export const endCodec = struct({
  records: uint(),
  bodies: uint(),
  sha256: digest(),
  signature,
})
export type BackupEnd = Infer<typeof endCodec>

export function encodePart<T>(codec: Codec<T>, value: T): Uint8Array {
  return encodeBody(codec, value)
}

/** Throws `DecodeError`. */
export function decodePart<T>(codec: Codec<T>, payload: Uint8Array): T {
  return decodeBody(codec, payload, 'backup', TRUSTED)
}

/**
 * What the peer signs. The store's records are believed without being verified again, so only the peer itself may have
 * written them. No message of the protocol begins like this: its domains begin with "hyperlooms/".
 */
export function signedText(sha256: string): Uint8Array {
  return new TextEncoder().encode(`hyperlooms-backup/1 ${sha256}`)
}
