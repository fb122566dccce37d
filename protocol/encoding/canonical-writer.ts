import { isBytes } from '@noble/hashes/utils.js'

const DEPTH_MAX = 32
/** Room that most messages fit into; a larger one doubles it. It is kept, and never handed out. */
const ROOM_BYTES = 16_384

const UINT = 0x00
const BYTES = 0x40
const TEXT = 0x60
const LIST = 0x80
const MAP = 0xa0

/** The canonical order of text keys: shorter ones first, then by their bytes. For ASCII those are its units. */
export function compareTextKeys(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

/**
 * Writes the forms that `CanonicalReader` reads, byte for byte as the library does; `write` is false for
 * anything else, which is then left to the library.
 */
export class CanonicalWriter {
  #bytes = new Uint8Array(ROOM_BYTES)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  /** A copy of what is written, or undefined for a value with an unusual part. */
  encode(value: unknown): Uint8Array | undefined {
    this.#at = 0
    return this.#write(value, 0) ? this.#bytes.slice(0, this.#at) : undefined
  }

  #write(value: unknown, depth: number): boolean {
    if (depth > DEPTH_MAX) return false
    if (typeof value === 'string') return this.#text(value)
    if (typeof value === 'number') return this.#uint(value)
    if (value instanceof Map) return this.#map(value, depth)
    if (isBytes(value)) return this.#byteString(value)
    if (Array.isArray(value)) {
      this.#head(LIST, value.length)
      return value.every((item: unknown) => this.#write(item, depth + 1))
    }
    if (typeof value === 'bigint') return value <= Number.MAX_SAFE_INTEGER && this.#uint(Number(value))
    if (value !== null && typeof value !== 'boolean') return false
    this.#reserve(1)
    this.#bytes[this.#at++] = value === null ? 0xf6 : value ? 0xf5 : 0xf4
    return true
  }

  #uint(value: number): boolean {
    if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) return false
    this.#head(UINT, value)
    return true
  }

  #byteString(value: Uint8Array): boolean {
    this.#head(BYTES, value.length)
    this.#reserve(value.length)
    this.#bytes.set(value, this.#at)
    this.#at += value.length
    return true
  }

  #text(value: string): boolean {
    this.#head(TEXT, value.length)
    this.#reserve(value.length)
    for (let at = 0; at < value.length; at += 1) {
      const unit = value.charCodeAt(at)
      if (unit > 0x7f) return false
      this.#bytes[this.#at++] = unit
    }
    return true
  }

  #map(map: ReadonlyMap<unknown, unknown>, depth: number): boolean {
    const keys: string[] = []
    let sorted = true
    for (const key of map.keys()) {
      if (typeof key !== 'string') return false
      const before = keys.at(-1)
      if (before !== undefined && compareTextKeys(before, key) >= 0) sorted = false
      keys.push(key)
    }
    if (!sorted) keys.sort(compareTextKeys)
    this.#head(MAP, keys.length)
    return keys.every((key) => this.#text(key) && this.#write(map.get(key), depth + 1))
  }

  /** An item's head in its shortest form: its kind, and a number or a length. */
  #head(kind: number, size: number): void {
    this.#reserve(9)
    const at = this.#at
    if (size < 24) {
      this.#bytes[at] = kind | size
      this.#at += 1
    } else if (size < 0x100) {
      this.#bytes[at] = kind | 24
      this.#bytes[at + 1] = size
      this.#at += 2
    } else if (size < 0x1_0000) {
      this.#bytes[at] = kind | 25
      this.#view.setUint16(at + 1, size)
      this.#at += 3
    } else if (size < 0x1_0000_0000) {
      this.#bytes[at] = kind | 26
      this.#view.setUint32(at + 1, size)
      this.#at += 5
    } else {
      this.#bytes[at] = kind | 27
      this.#view.setBigUint64(at + 1, BigInt(size))
      this.#at += 9
    }
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count))
    larger.set(this.#bytes)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}
