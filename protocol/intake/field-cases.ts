import { isBytes } from '@noble/hashes/utils.js'
import type { KindName } from '../encoding/kinds.ts'
import type { DropCode } from './drop-code.ts'
import {
  AMOUNTS,
  BYTES,
  INTEGERS,
  isNamed,
  type Limit,
  limitOf,
  LISTS,
  MORE_WORDS,
  NULLABLE,
  PEER_ITEMS,
  PEERS,
  TEXTS,
  UNIONS,
  WORDS,
} from './field-limits.ts'
import { type Place, placesOf } from './wire-places.ts'

/** A body with one thing changed, and what intake has to say to it. */
export interface Case {
  readonly name: string
  readonly body: Uint8Array
  readonly expected: DropCode | 'ok'
}

type Change = readonly [what: string, value: unknown, expected: DropCode | 'ok']

/** Every field of a body missing, foreign, of every other type, and at each end of its limits and beyond. */
export function casesOf(kind: KindName, body: Uint8Array): readonly Case[] {
  return placesOf(body).flatMap((place) => {
    const name = `${kind}:${place.name}`
    const changes = [
      ...missing(name, place),
      ...foreign(place),
      ...otherTypes(name, place),
      ...limits(name, place),
    ]
    return changes.map(([what, value, expected]): Case => {
      return { name: `${name} ${what}`, body: place.put(value), expected }
    })
  })
}

const isOneOf = (name: string, endings: Iterable<string>) => [...endings].some((one) => isNamed(name, one))

function missing(name: string, place: Place): readonly Change[] {
  const isField = place.name !== '' && !place.name.endsWith('*') && !isNestedBody(place)
  if (!isField) return []
  return [['missing', undefined, isOneOf(name, UNIONS) ? 'out_of_range' : 'missing_field']]
}

/** A nested body goes by the name of the bytes that hold it, and isn't a field of its own. */
function isNestedBody({ name, value }: Place): boolean {
  return isNamed(name, 'body') && value instanceof Map
}

function foreign({ value }: Place): readonly Change[] {
  if (!(value instanceof Map)) return []
  return [
    ['with an unknown field', new Map([...(value as Map<string, unknown>), ['zz', 1]]), 'unknown_field'],
  ]
}

const typeOf = (value: unknown) =>
  isBytes(value) ? 'bytes' : value instanceof Map ? 'map' : Array.isArray(value) ? 'list' : typeof value

const OF_EACH_TYPE = [1, 'x', true, new Uint8Array(1), [], new Map<string, unknown>()]

function otherTypes(name: string, { value }: Place): readonly Change[] {
  const type = typeof value === 'bigint' ? 'number' : typeOf(value)
  const others = OF_EACH_TYPE.filter((other) => typeOf(other) !== type)
  const expected = isOneOf(name, UNIONS) ? 'out_of_range' : 'wrong_type'
  const ofNull = isOneOf(name, NULLABLE) ? 'ok' : expected
  return [
    ...others.map((other): Change => [`as ${typeOf(other)}`, other, expected]),
    ['as null', null, ofNull],
  ]
}

function limits(name: string, place: Place): readonly Change[] {
  const { value } = place
  if (Array.isArray(value)) return sized(name, LISTS, (count) => filled(value, count))
  if (isBytes(value))
    return isNamed(name, 'body') ? ofBody() : sized(name, BYTES, (size) => new Uint8Array(size))
  if (typeof value === 'number' || typeof value === 'bigint') return ofNumber(name)
  return typeof value === 'string' ? ofText(name) : []
}

function said<L>(table: Readonly<Record<string, L>>, name: string): L {
  const limit = limitOf(table, name)
  if (limit === undefined) throw new RangeError(`nobody says the limits of ${name}`)
  return limit
}

const filled = (items: readonly unknown[], count: number) => Array.from({ length: count }, () => items[0])

function sized(
  name: string,
  table: Readonly<Record<string, Limit>>,
  make: (size: number) => unknown,
): readonly Change[] {
  const { min, max, atMost = 'ok' } = said(table, name)
  const below: readonly Change[] = min === 0 ? [] : [[`of ${min - 1}`, make(min - 1), 'out_of_range']]
  return [...below, [`of ${max}`, make(max), atMost], [`of ${max + 1}`, make(max + 1), 'out_of_range']]
}

/** Bytes that are no encoding at all, and one with something behind it. */
function ofBody(): readonly Change[] {
  return [
    ['cut off', Uint8Array.of(0xa2, 0x61), 'malformed'],
    ['with more behind it', Uint8Array.of(0xa0, 0), 'malformed'],
    ['empty', new Uint8Array(0), 'malformed'],
  ]
}

function ofNumber(name: string): readonly Change[] {
  const units = limitOf(AMOUNTS, name)
  const { min, max, atMost = 'ok' } = units ?? said(INTEGERS, name)
  const above = BigInt(max) + 1n
  const isSafe = units !== undefined || above <= BigInt(Number.MAX_SAFE_INTEGER)
  const below = BigInt(min) - 1n
  const low: readonly Change[] = below < 0n ? [] : [[`${below}`, Number(below), 'out_of_range']]
  return [
    ...low,
    ['negative', -1, 'out_of_range'],
    [`${max}`, max, atMost],
    [
      `${above}`,
      isSafe && units === undefined ? Number(above) : above,
      isSafe ? 'out_of_range' : 'wrong_type',
    ],
  ]
}

function ofText(name: string): readonly Change[] {
  const isKnownWord = isOneOf(name, [...PEERS, ...PEER_ITEMS, ...WORDS, ...MORE_WORDS])
  if (isKnownWord) return [['unknown', 'constructor', 'out_of_range']]
  return sized(name, TEXTS, (length) => 'x'.repeat(length))
}
