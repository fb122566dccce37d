import { DecodeError } from '../../../protocol/encoding/decode-error.ts'
import { verifyStrict } from '../../../protocol/crypto/strict-ed25519.ts'
import { blobRefOf, publicKeyOf } from '../../../protocol/ids.ts'
import { type Charter, charterFault, decodeCharter, swarmIdOf } from '../../../protocol/swarm/charter.ts'
import { compareKeys } from '../key-order.ts'
import { IDENTITY_FILE } from '../keystore.ts'
import { idIn, KEYS_FOLDER } from '../keystore-keys.ts'
import { type KeyFile, parseKeyFile } from '../key-file.ts'
import { BackupError } from './backup-error.ts'
import { FRAME_TYPES, type FrameType } from './frame.ts'
import {
  type BackupEnd,
  type BackupFile,
  type BackupHeader,
  bodyCodec,
  decodePart,
  endCodec,
  fileCodec,
  headerCodec,
  recordsCodec,
  signedText,
} from './parts.ts'
import { damaged, readBackup, type ReadFrame } from './read-backup.ts'

/** What is known of a backup once every byte of it was read and checked. */
export interface VerifiedBackup {
  readonly header: BackupHeader
  readonly charter: Charter
  readonly identity: KeyFile
  readonly keys: readonly BackupFile[]
  readonly files: readonly BackupFile[]
  readonly end: BackupEnd
}

/** Files that a restore puts into the data folder, besides keys and charter; another name is refused. */
const RESTORED_FILES: readonly string[] = ['config.json', 'api-key.json', 'joined.cbor']

/** Told of what is too large to be kept in memory, after it was checked. */
export interface Contents {
  readonly records?: (records: ReturnType<typeof recordsCodec.fromWire>) => Promise<void>
  readonly body?: (content: Uint8Array) => Promise<void>
}

/**
 * Reads a backup to its end: checksums, order, canonical form, charter, keys, the digest of each body, counts, and
 * the peer's signature over all. Read again with `contents` it is checked again, so that a file which changed
 * meanwhile isn't restored. Throws `BackupError`s; changes nothing.
 */
export async function verifyBackup(path: string, contents: Contents = {}): Promise<VerifiedBackup> {
  const reading = new Reading(path, contents)
  try {
    for await (const frame of readBackup(path)) await reading.take(frame)
    return reading.finish()
  } catch (error) {
    if (error instanceof DecodeError) throw damaged(path, error.message)
    throw error
  }
}

class Reading {
  readonly #path: string
  readonly #contents: Contents
  #last = 0
  #header: BackupHeader | undefined
  #charter: Charter | undefined
  #identity: KeyFile | undefined
  readonly #keys: BackupFile[] = []
  readonly #files: BackupFile[] = []
  #records = 0
  #bodies = 0
  #lastKey = ''
  #end: BackupEnd | undefined

  constructor(path: string, contents: Contents) {
    this.#path = path
    this.#contents = contents
  }

  async take({ type, payload, sha256Before }: ReadFrame): Promise<void> {
    this.#expect(type)
    switch (type) {
      case 'header':
        this.#header = decodePart(headerCodec, payload)
        return
      case 'charter':
        this.#charter = this.#readCharter(payload)
        return
      case 'key':
        return this.#takeKey(decodePart(fileCodec, payload))
      case 'file':
        return this.#takeFile(decodePart(fileCodec, payload))
      case 'records':
        return this.#takeRecords(payload)
      case 'body':
        return this.#takeBody(payload)
      case 'end':
        this.#end = decodePart(endCodec, payload)
        if (this.#end.sha256 !== sha256Before()) throw damaged(this.#path, 'its digest is of another content')
    }
  }

  finish(): VerifiedBackup {
    const { header, charter, identity } = this.#head()
    const end = this.#end
    if (end === undefined) throw damaged(this.#path, 'its end is missing')
    if (end.records !== this.#records || end.bodies !== this.#bodies)
      throw damaged(this.#path, 'it holds another number of records than it says')
    const key = publicKeyOf(header.peer)
    if (key === undefined || !verifyStrict(key, signedText(end.sha256), end.signature))
      throw damaged(this.#path, `it is not signed by the peer ${header.peer}`)
    return { header, charter, identity, keys: this.#keys, files: this.#files, end }
  }

  /** Frames come in the order of their numbers; header, charter and end come once, and nothing behind the end. */
  #expect(type: FrameType): void {
    const number = FRAME_TYPES[type]
    const isSingle = type === 'header' || type === 'charter' || type === 'end'
    const isNext = number > this.#last || (number === this.#last && !isSingle)
    const isFirstTwo = number > FRAME_TYPES.charter ? this.#charter !== undefined : number === this.#last + 1
    if (!isNext || !isFirstTwo) throw damaged(this.#path, 'its parts are not in their order')
    this.#last = number
  }

  #readCharter(payload: Uint8Array): Charter {
    const charter = decodeCharter(payload)
    const fault = charterFault(charter)
    if (fault !== undefined) throw damaged(this.#path, `its charter is invalid (${fault})`)
    if (swarmIdOf(charter) !== this.#header?.swarm)
      throw damaged(this.#path, 'its charter is of another swarm than it says')
    return charter
  }

  #takeKey(file: BackupFile): void {
    const key = parseKeyFile(
      Buffer.from(file.content).toString('utf8'),
      `The key ${file.name} in ${this.#path}`,
    )
    const isIdentity = file.name === IDENTITY_FILE
    const named = isIdentity ? this.#header?.peer : idIn(file.name.slice(KEYS_FOLDER.length + 1))
    const isPlaced = isIdentity || file.name === `${KEYS_FOLDER}/${named}.key`
    if (key.id !== named || !isPlaced || this.#keys.some(({ name }) => name === file.name))
      throw damaged(this.#path, `it holds a key under the name ${JSON.stringify(file.name)}`)
    if (isIdentity) this.#identity = key
    this.#keys.push(file)
  }

  #takeFile(file: BackupFile): void {
    const isKnown = RESTORED_FILES.includes(file.name) && !this.#files.some(({ name }) => name === file.name)
    if (!isKnown) throw damaged(this.#path, `it holds a file under the name ${JSON.stringify(file.name)}`)
    this.#files.push(file)
  }

  async #takeRecords(payload: Uint8Array): Promise<void> {
    const records = decodePart(recordsCodec, payload)
    for (const { key } of records) {
      if (compareKeys(this.#lastKey, key) >= 0)
        throw damaged(this.#path, 'its records are not in their order')
      this.#lastKey = key
    }
    this.#records += records.length
    await this.#contents.records?.(records)
  }

  async #takeBody(payload: Uint8Array): Promise<void> {
    const { digest, content } = decodePart(bodyCodec, payload)
    if (blobRefOf(content).digest !== digest) throw damaged(this.#path, 'a body is not what its digest names')
    this.#bodies += 1
    await this.#contents.body?.(content)
  }

  #head(): { header: BackupHeader; charter: Charter; identity: KeyFile } {
    const [header, charter, identity] = [this.#header, this.#charter, this.#identity]
    if (header === undefined || charter === undefined) throw damaged(this.#path, 'its beginning is missing')
    if (identity === undefined)
      throw new BackupError(
        'backup_damaged',
        `The backup ${this.#path} lacks the peer's key. Nothing was changed.`,
      )
    return { header, charter, identity }
  }
}
