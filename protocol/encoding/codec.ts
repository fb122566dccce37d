import { isBytes } from '@noble/hashes/utils.js'
import { type Digest, digestFromBytes, digestToBytes, isPeerId, type PeerId } from '../ids.ts'
import { AMOUNT_MAX } from '../params.ts'
import { DecodeError } from './decode-error.ts'
import type { EvidenceSink } from './evidence.ts'

/**
 * Both directions between a value in memory and plain CBOR data. `fromWire` checks every type and bound and
 * throws `DecodeError`; signatures that it meets on the way are handed to `sink`, so that no nested signature
 * can be forgotten by whoever checks the message.
 */
export interface Codec<T> {
  toWire(value: T): unknown
  fromWire(raw: unknown, path: string, sink: EvidenceSink): T
}

export type Infer<C> = C extends Codec<infer T> ? T : never

interface Bounds {
  readonly min?: number
  readonly max: number
}

function checked(inRange: boolean, path: string): void {
  if (!inRange) throw new DecodeError('out_of_range', path)
}

/** An unsigned integer up to `max` (a safe integer). */
export function uint(max: number = Number.MAX_SAFE_INTEGER, min = 0): Codec<number> {
  return {
    toWire: (value) => value,
    fromWire(raw, path) {
      if (typeof raw !== 'number' || !Number.isSafeInteger(raw)) throw new DecodeError('wrong_type', path)
      checked(raw >= min && raw <= max, path)
      return raw
    },
  }
}

/** Units of credit, 0..2^63-1, a bigint in memory. */
export function amount(min = 0n): Codec<bigint> {
  return {
    toWire: (value) => value,
    fromWire(raw, path) {
      if (typeof raw !== 'bigint' && !(typeof raw === 'number' && Number.isSafeInteger(raw))) {
        throw new DecodeError('wrong_type', path)
      }
      const value = BigInt(raw)
      checked(value >= min && value <= AMOUNT_MAX, path)
      return value
    },
  }
}

export const flag: Codec<boolean> = {
  toWire: (value) => value,
  fromWire(raw, path) {
    if (typeof raw !== 'boolean') throw new DecodeError('wrong_type', path)
    return raw
  },
}

export function bytes({ min = 0, max }: Bounds): Codec<Uint8Array> {
  return {
    toWire: (value) => value,
    fromWire(raw, path) {
      if (!isBytes(raw)) throw new DecodeError('wrong_type', path)
      checked(raw.length >= min && raw.length <= max, path)
      return raw
    },
  }
}

/** UTF-8 text; `max` counts UTF-16 units times three, the most that UTF-8 can need. */
export function text({ min = 0, max }: Bounds): Codec<string> {
  return {
    toWire: (value) => value,
    fromWire(raw, path) {
      if (typeof raw !== 'string') throw new DecodeError('wrong_type', path)
      checked(raw.length >= min && raw.length <= max && raw.isWellFormed(), path)
      return raw
    },
  }
}

const rawDigest = bytes({ min: 32, max: 32 })

/** A SHA-256: 32 bytes on the wire, hexadecimal in memory. `D` is its brand (`EntryId`, `JobId`, ...). */
export function digest<D extends Digest = Digest>(): Codec<D> {
  return {
    toWire: (value) => digestToBytes(value),
    fromWire: (raw, path, sink) => digestFromBytes(rawDigest.fromWire(raw, path, sink)) as D,
  }
}

export const peerId: Codec<PeerId> = {
  toWire: (value) => value,
  fromWire(raw, path) {
    if (typeof raw !== 'string') throw new DecodeError('wrong_type', path)
    if (!isPeerId(raw)) throw new DecodeError('out_of_range', path)
    return raw
  },
}

export const signature: Codec<Uint8Array> = bytes({ min: 64, max: 64 })

export function oneOf<const V extends string>(...values: readonly V[]): Codec<V> {
  return {
    toWire: (value) => value,
    fromWire(raw, path) {
      const found = values.find((value) => value === raw)
      if (found === undefined)
        throw new DecodeError(typeof raw === 'string' ? 'out_of_range' : 'wrong_type', path)
      return found
    },
  }
}

export function list<T>(item: Codec<T>, { min = 0, max }: Bounds): Codec<readonly T[]> {
  return {
    toWire: (values) => values.map((value) => item.toWire(value)),
    fromWire(raw, path, sink) {
      if (!Array.isArray(raw)) throw new DecodeError('wrong_type', path)
      checked(raw.length >= min && raw.length <= max, path)
      return raw.map((value: unknown, at) => item.fromWire(value, `${path}.${at}`, sink))
    },
  }
}

export function nullable<T>(inner: Codec<T>): Codec<T | null> {
  return {
    toWire: (value) => (value === null ? null : inner.toWire(value)),
    fromWire: (raw, path, sink) => (raw === null ? null : inner.fromWire(raw, path, sink)),
  }
}

type Fields = Readonly<Record<string, Codec<never>>>
type Struct<F> = { readonly [K in keyof F]: Infer<F[K]> }

/** A map with exactly these keys. */
export function struct<F extends { readonly [K in keyof F]: Codec<never> | Codec<unknown> }>(
  fields: F,
): Codec<Struct<F>> {
  const entries = Object.entries(fields as Fields)
  return {
    toWire(value) {
      const source = value as Readonly<Record<string, never>>
      return new Map(entries.map(([name, codec]) => [name, codec.toWire(source[name] as never)]))
    },
    fromWire(raw, path, sink) {
      if (!(raw instanceof Map)) throw new DecodeError('wrong_type', path)
      const result: Record<string, unknown> = {}
      for (const [name, codec] of entries) {
        if (!raw.has(name)) throw new DecodeError('missing_field', `${path}.${name}`)
        result[name] = codec.fromWire(raw.get(name), `${path}.${name}`, sink)
      }
      if (raw.size !== entries.length) throw new DecodeError('unknown_field', path)
      return result as Struct<F>
    },
  }
}

type Variant<T extends string, V> = { readonly type: T } & V

/** What a union of these variants holds. */
export type ValueOf<V extends Readonly<Record<string, Codec<never> | Codec<unknown>>>> = {
  [K in keyof V & string]: Variant<K, Infer<V[K]>>
}[keyof V & string]

/** A union told apart by the field `type`, e.g. `variants({ mint: struct({...}), ... })`. */
export function variants<V extends Readonly<Record<string, Codec<never> | Codec<unknown>>>>(
  options: V,
): Codec<ValueOf<V>> {
  const codecs = new Map(Object.entries(options as Fields))
  return {
    toWire(value) {
      const { type, ...rest } = value
      const codec = codecs.get(type)
      if (codec === undefined) throw new DecodeError('out_of_range', 'type')
      const map = codec.toWire(rest as never) as Map<string, unknown>
      return new Map([...map, ['type', type]])
    },
    fromWire(raw, path, sink) {
      if (!(raw instanceof Map)) throw new DecodeError('wrong_type', path)
      const type: unknown = raw.get('type')
      const codec = typeof type === 'string' ? codecs.get(type) : undefined
      if (codec === undefined) throw new DecodeError('out_of_range', `${path}.type`)
      const rest = new Map<unknown, unknown>(raw)
      rest.delete('type')
      return { ...(codec.fromWire(rest, path, sink) as object), type } as ValueOf<V>
    },
  }
}
