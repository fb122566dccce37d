import { sha256 } from '@noble/hashes/sha2.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import { base58 } from '@scure/base'

declare const brand: unique symbol
type Branded<T, B extends string> = T & { readonly [brand]: B }

/** A libp2p peer id of an Ed25519 key, in its base58 form (`12D3Koo...`). Accounts are named by the same ids. */
export type PeerId = Branded<string, 'PeerId'>
/** A ledger account: the peer id of the key that owns it. */
export type AccountId = PeerId
/** 32 bytes of SHA-256 as 64 lower-case hexadecimal digits. */
export type Digest = Branded<string, 'Digest'>
export type SwarmId = Digest
export type EntryId = Digest
export type JobId = Digest
/** Names one agreement, e.g. `job/<jobId>/0`. */
export type InstanceId = Branded<string, 'InstanceId'>

/** A body held outside messages: its SHA-256 (plain, without a domain tag) and its size in bytes. */
export interface BlobRef {
  readonly digest: Digest
  readonly size: number
}

// A libp2p id of an Ed25519 key is the identity multihash (0x00, length 36) of the protobuf
// {type: Ed25519, data: 32 bytes}; the prefix is therefore constant.
const PEER_ID_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
const PUBLIC_KEY_BYTES = 32

export function peerIdOf(publicKey: Uint8Array): PeerId {
  const id = new Uint8Array(PEER_ID_PREFIX.length + PUBLIC_KEY_BYTES)
  id.set(PEER_ID_PREFIX)
  id.set(publicKey, PEER_ID_PREFIX.length)
  return base58.encode(id) as PeerId
}

/** The 32-byte public key inside a peer id; undefined when the text is not the id of an Ed25519 key. */
export function publicKeyOf(id: string): Uint8Array | undefined {
  if (id.length !== 52 || !id.startsWith('12D3Koo')) return undefined
  let bytes: Uint8Array
  try {
    bytes = base58.decode(id)
  } catch {
    return undefined
  }
  if (bytes.length !== PEER_ID_PREFIX.length + PUBLIC_KEY_BYTES) return undefined
  if (!PEER_ID_PREFIX.every((byte, at) => bytes[at] === byte)) return undefined
  return bytes.slice(PEER_ID_PREFIX.length)
}

export function isPeerId(text: string): text is PeerId {
  return publicKeyOf(text) !== undefined
}

export function isDigest(text: string): text is Digest {
  return /^[0-9a-f]{64}$/.test(text)
}

const HEX_DIGITS = '0123456789abcdef'
const HEX_CODES = Array.from(HEX_DIGITS, (digit) => digit.charCodeAt(0))

export function digestFromBytes(bytes: Uint8Array): Digest {
  // Digests are kept by the hundred thousand: a text that is made at once is one piece of memory, one that is put
  // together digit by digit is a tree of them.
  const codes: number[] = []
  for (const byte of bytes) codes.push(HEX_CODES[byte >> 4] ?? 0, HEX_CODES[byte & 15] ?? 0)
  return String.fromCharCode.apply(undefined, codes) as Digest
}

export function digestToBytes(digest: Digest): Uint8Array {
  return hexToBytes(digest)
}

/** Reference to a body by its content. */
export function blobRefOf(body: Uint8Array): BlobRef {
  return { digest: digestFromBytes(sha256(body)), size: body.length }
}

/** What an instance decides about: the first word of its name. */
export type InstanceKind = 'job' | 'resolve' | 'trust' | 'epoch'

/** Undefined for a name that no agreement has. */
export function instanceKindOf(instance: string): InstanceKind | undefined {
  if (parseJobInstance(instance) !== undefined) return 'job'
  if (parseTrustInstance(instance) !== undefined) return 'trust'
  if (parseEpochInstance(instance) !== undefined) return 'epoch'
  return parseResolveInstance(instance) === undefined ? undefined : 'resolve'
}

/** Makes snapshot `number` of everybody's trust (5.8); the first is 1, the founding one is given. */
export function trustInstance(number: number): InstanceId {
  return `trust/${number}` as InstanceId
}

/** The snapshot that an instance makes; undefined for any other text. */
export function parseTrustInstance(instance: string): number | undefined {
  const match = /^trust\/([1-9][0-9]{0,14})$/.exec(instance)
  return match === null ? undefined : Number(match[1])
}

/** Decides what epoch `number` is (5.6); the charter begins epoch 0. */
export function epochInstance(number: number): InstanceId {
  return `epoch/${number}` as InstanceId
}

/** The epoch that an instance begins; undefined for any other text. */
export function parseEpochInstance(instance: string): number | undefined {
  const match = /^epoch\/([1-9][0-9]{0,14})$/.exec(instance)
  return match === null ? undefined : Number(match[1])
}

/** Settles whatever fork an account has, for the `number`th time (5.7). */
export function resolveInstance(account: AccountId, number: number): InstanceId {
  return `resolve/${account}/${number}` as InstanceId
}

/** The parts of a resolution's instance name; undefined for any other text. */
export function parseResolveInstance(instance: string): { account: AccountId; number: number } | undefined {
  const match = /^resolve\/([1-9A-HJ-NP-Za-km-z]{52})\/(0|[1-9][0-9]{0,14})$/.exec(instance)
  if (match === null || !isPeerId(match[1] ?? '')) return undefined
  return { account: match[1] as AccountId, number: Number(match[2]) }
}

/** Agreement number `step` of a job's chain; step 0 assigns, later steps close it or assign again. */
export function jobInstance(job: JobId, step: number): InstanceId {
  return `job/${job}/${step}` as InstanceId
}

/** The parts of a job's instance name; undefined for any other text. */
export function parseJobInstance(instance: string): { job: JobId; step: number } | undefined {
  const match = /^job\/([0-9a-f]{64})\/(0|[1-9][0-9]?)$/.exec(instance)
  if (match === null) return undefined
  return { job: match[1] as JobId, step: Number(match[2]) }
}
