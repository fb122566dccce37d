import { decode as cborDecode, encode as cborEncode, Tokenizer, type Token, Type } from 'cborg'
import { CanonicalReader, UNUSUAL } from './canonical-reader.ts'
import { CanonicalWriter } from './canonical-writer.ts'
import { equalBytes } from './bytes.ts'
import { DecodeError } from './decode-error.ts'

const writer = new CanonicalWriter()

const LIBRARY_OPTIONS = {
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: true,
  strict: true,
  useMaps: true,
  rejectDuplicateMapKeys: true,
  retainStringBytes: true,
} as const

const BYTE_ORDER_MARK = '\uFEFF'

/**
 * The library's `TextDecoder` takes U+FEFF at a text's beginning for a mark and drops it. It is a character like any
 * other: dropped, the text had no encoding that decodes.
 */
class FaithfulTokenizer extends Tokenizer {
  override next(): Token {
    const token = super.next()
    const [first, second, third] = token.byteValue ?? []
    if (Type.equals(token.type, Type.string) && first === 0xef && second === 0xbb && third === 0xbf)
      token.value = BYTE_ORDER_MARK + token.value
    return token
  }
}

/** Deterministic CBOR: sorted keys, shortest integers, definite lengths. */
export function encodeCanonical(value: unknown): Uint8Array {
  return writer.encode(value) ?? encodeByLibrary(value)
}

/** The reference for every value, and the way of those that the writer leaves to it. */
export function encodeByLibrary(value: unknown): Uint8Array {
  const encoded = cborEncode(value, { float64: true })
  // Under Node the library answers with a Buffer, whose `slice` shares memory where a Uint8Array's copies.
  return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.length)
}

/**
 * Decodes canonical CBOR whose only types are integers, byte and text strings, lists, maps, booleans and
 * null. One value has exactly one encoding; maps come back as `Map`, which keeps a key such as `__proto__`
 * harmless. Throws only `DecodeError`.
 */
export function decodeCanonical(bytes: Uint8Array): unknown {
  const value = new CanonicalReader(bytes).whole()
  return value === UNUSUAL ? decodeByLibrary(bytes) : value
}

/** The reference for all bytes: decodes, encodes again and compares. */
export function decodeByLibrary(bytes: Uint8Array): unknown {
  let value: unknown
  let again: Uint8Array
  try {
    value = cborDecode(bytes, {
      ...LIBRARY_OPTIONS,
      tokenizer: new FaithfulTokenizer(bytes, LIBRARY_OPTIONS),
    })
    again = encodeByLibrary(value)
  } catch {
    // Whatever the library throws, its own errors or a RangeError for absurd nesting, means malformed bytes.
    throw new DecodeError('malformed', '')
  }
  if (!equalBytes(bytes, again)) throw new DecodeError('not_canonical', '')
  return value
}
