import { bech32m } from '@scure/base'
import { decodeBody, encodeBody } from './body.ts'
import type { Codec } from './codec.ts'
import { DecodeError } from './decode-error.ts'
import { TRUSTED } from './evidence.ts'

/** Longest text that is looked at: what 64 operators signed, with every address, has half as many characters. */
export const TEXT_CHARACTERS_MAX = 32_768

/**
 * - `another_kind`: it begins otherwise.
 * - `mistyped`: its checksum is wrong: a character was changed, or a part is missing.
 * - `unreadable`: it is whole, but not what this program writes; a newer one may.
 */
export type TextFault = 'another_kind' | 'mistyped' | 'unreadable'

export type TextRead<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false
      readonly code: TextFault
      /** The part that has too much or too little, as `hle.governance.witnesses`, where that is what is wrong. */
      readonly outOfRange?: string
    }

/**
 * A value as a text to copy, read out and scan: bech32m, so it has one case, no two characters that look alike and
 * a checksum; QR codes hold it in their compact mode when it is upper case.
 */
export interface TextForm<T> {
  /** What every such text begins with. */
  readonly prefix: string
  write(value: T): string
  /** White space, as from a wrapped line, and upper case make no difference. Signatures aren't checked. */
  read(text: string): TextRead<T>
}

export function textForm<T>(name: string, codec: Codec<T>): TextForm<T> {
  const prefix = `${name}1`
  const beginnings = [prefix, upperCase(prefix)]
  return {
    prefix,
    write: (value) => bech32m.encode(name, bech32m.toWords(encodeBody(codec, value)), TEXT_CHARACTERS_MAX),
    read(text) {
      const bare = text.replace(/\s+/g, '')
      if (!beginnings.includes(bare.slice(0, prefix.length))) return { ok: false, code: 'another_kind' }
      if (bare.length > TEXT_CHARACTERS_MAX) return { ok: false, code: 'unreadable' }
      const bytes = bytesOf(bare)
      if (bytes === undefined) return { ok: false, code: 'mistyped' }
      try {
        return { ok: true, value: decodeBody(codec, bytes, name, TRUSTED) }
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        if (error.code !== 'out_of_range') return { ok: false, code: 'unreadable' }
        return { ok: false, code: 'unreadable', outOfRange: error.path }
      }
    },
  }
}

function bytesOf(text: string): Uint8Array | undefined {
  try {
    return bech32m.fromWords(bech32m.decode(text as `${string}1${string}`, TEXT_CHARACTERS_MAX).words)
  } catch {
    // Whatever the library objects to: case, alphabet, length or checksum.
    return undefined
  }
}

/** Of ASCII letters and digits. */
function upperCase(text: string): string {
  const codes = Array.from(text, (character) => character.charCodeAt(0))
  return String.fromCharCode(...codes.map((code) => (code >= 0x61 && code <= 0x7a ? code - 0x20 : code)))
}
