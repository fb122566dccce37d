/** A file of the database isn't what LevelDB wrote: `file` is its name within the folder. */
export class LevelDamage extends Error {
  readonly file: string

  constructor(file: string, message: string) {
    super(`${file}: ${message}`)
    this.name = 'LevelDamage'
    this.file = file
  }
}

const VARINT_BYTES_MAX = 10

/** Reads LevelDB's basic encodings one after another. Running out of bytes throws a `RangeError`. */
export class ByteReader {
  readonly #bytes: Uint8Array
  at: number
  readonly end: number

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.at = start
    this.end = end
  }

  get done(): boolean {
    return this.at >= this.end
  }

  /** An unsigned LEB128; file numbers, sizes and offsets stay far below 2^53. */
  varint(): number {
    let value = 0
    for (let count = 0; count < VARINT_BYTES_MAX; count += 1) {
      const byte = this.#byte()
      value += (byte & 0x7f) * 2 ** (7 * count)
      if (byte < 0x80) return value
    }
    throw new RangeError('a number has too many bytes')
  }

  /** Bytes behind their length. */
  slice(): Uint8Array {
    return this.take(this.varint())
  }

  take(length: number): Uint8Array {
    const start = this.at
    if (!(start + length <= this.end)) throw new RangeError('it ends too early')
    this.at = start + length
    return this.#bytes.subarray(start, this.at)
  }

  #byte(): number {
    const byte = this.at < this.end ? this.#bytes[this.at] : undefined
    if (byte === undefined) throw new RangeError('it ends too early')
    this.at += 1
    return byte
  }
}
