import { compareTextKeys } from './canonical-writer.ts'

/** Deeper than any message; what is nested further is left to the library, which has its own end. */
const DEPTH_MAX = 32

/** Ids and names; a longer text is rare, and its units must not be spread over a stack. */
const TEXT_MAX = 256

const UINT = 0
const BYTES = 2
const TEXT = 3
const LIST = 4
const MAP = 5

/** Stands for "not one of the plain forms": the library then decides. No decoded value is this object. */
export const UNUSUAL: unique symbol = Symbol('unusual')

/**
 * Reads canonical CBOR in the forms that honest messages consist of: safe unsigned integers in their shortest
 * form, byte strings, ASCII texts, lists, maps with ASCII keys in canonical order, booleans and null. For these
 * it gives what `decodeCanonical` gives, in a tenth of the time, since what it accepts needs no second encoding
 * to be known as canonical. Anything else, valid or not, is `UNUSUAL`.
 */
export class CanonicalReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The one value that the bytes hold. */
  whole(): unknown {
    const value = this.#value(0)
    return this.#at === this.#bytes.length ? value : UNUSUAL
  }

  #value(depth: number): unknown {
    const head = this.#bytes[this.#at] ?? 0xff
    if (depth > DEPTH_MAX) return UNUSUAL
    if (head >= 0xf4 && head <= 0xf6) {
      this.#at += 1
      return head === 0xf6 ? null : head === 0xf5
    }
    const size = this.#argument()
    if (size < 0) return UNUSUAL
    switch (head >> 5) {
      case UINT:
        return size
      case BYTES:
        return this.#byteString(size)
      case TEXT:
        return this.#text(size)
      case LIST:
        return this.#list(size, depth)
      case MAP:
        return this.#map(size, depth)
      default:
        return UNUSUAL
    }
  }

  /** The number in an item's head, -1 unless it is in its shortest form and safe. */
  #argument(): number {
    const bytes = this.#bytes
    const low = (bytes[this.#at] ?? 0xff) & 0x1f
    if (low < 24) {
      this.#at += 1
      return low
    }
    if (low > 27) return -1
    const width = 1 << (low - 24)
    if (this.#at + width >= bytes.length) return -1
    let value = 0
    for (let offset = 1; offset <= width; offset += 1) value = value * 256 + (bytes[this.#at + offset] ?? 0)
    this.#at += 1 + width
    const least = width === 1 ? 24 : 2 ** (width * 4)
    return value >= least && value <= Number.MAX_SAFE_INTEGER ? value : -1
  }

  #byteString(size: number): unknown {
    const end = this.#at + size
    if (end > this.#bytes.length) return UNUSUAL
    // A copy: a kept part must not keep the whole message.
    const value = new Uint8Array(this.#bytes.subarray(this.#at, end))
    this.#at = end
    return value
  }

  #text(size: number): unknown {
    const end = this.#at + size
    if (end > this.#bytes.length) return UNUSUAL
    if (size > TEXT_MAX) return UNUSUAL
    const units: number[] = []
    for (; this.#at < end; this.#at += 1) {
      const unit = this.#bytes[this.#at] ?? 0xff
      if (unit > 0x7f) return UNUSUAL
      units.push(unit)
    }
    // At once, not piece by piece: ids are kept, and a text of pieces takes several times its size.
    return String.fromCharCode.apply(undefined, units)
  }

  #list(size: number, depth: number): unknown {
    const values: unknown[] = []
    for (let left = size; left > 0; left -= 1) {
      const value = this.#value(depth + 1)
      if (value === UNUSUAL) return UNUSUAL
      values.push(value)
    }
    return values
  }

  #map(size: number, depth: number): unknown {
    const map = new Map<string, unknown>()
    let before: string | undefined
    for (let left = size; left > 0; left -= 1) {
      if ((this.#bytes[this.#at] ?? 0xff) >> 5 !== TEXT) return UNUSUAL
      const key = this.#value(depth + 1)
      if (typeof key !== 'string' || (before !== undefined && compareTextKeys(before, key) >= 0))
        return UNUSUAL
      before = key
      const value = this.#value(depth + 1)
      if (value === UNUSUAL) return UNUSUAL
      map.set(key, value)
    }
    return map
  }
}
