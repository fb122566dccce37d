import { isBytes } from '@noble/hashes/utils.js'
import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'

/** Step into bytes that are themselves canonical CBOR: a signed body, or a fact's. */
const NESTED = Symbol('nested')
type Step = string | number | typeof NESTED

/** One value inside a message's body, wherever it is nested. */
export interface Place {
  /** Names of the fields on the way, `*` for a list's item. */
  readonly name: string
  readonly value: unknown
  /** Whether it lies in a body that is signed, or certified, on its own. */
  readonly isNested: boolean
  /** The whole body with another value here, or without it for `undefined`. */
  put(value: unknown): Uint8Array
}

/** Items of one list differ in type at most; the third is like one of the first two. */
const ITEMS_VISITED = 2

/** Every value in a body, the body itself first. */
export function placesOf(body: Uint8Array): readonly Place[] {
  const root = decodeCanonical(body)
  return [...walk(root, [])].map(({ path, value }) => ({
    name: nameOf(path),
    value,
    isNested: path.includes(NESTED),
    put: (other) => encodeCanonical(replaced(root, path, other)),
  }))
}

interface Visited {
  readonly path: readonly Step[]
  readonly value: unknown
}

function* walk(value: unknown, path: readonly Step[]): Generator<Visited> {
  yield { path, value }
  if (value instanceof Map) {
    for (const [key, inner] of value as Map<string, unknown>) yield* walk(inner, [...path, key])
  } else if (Array.isArray(value)) {
    for (const [at, item] of value.slice(0, ITEMS_VISITED).entries()) yield* walk(item, [...path, at])
  } else if (isBytes(value) && path.at(-1) === 'body') {
    yield* walk(decodeCanonical(value), [...path, NESTED])
  }
}

function nameOf(path: readonly Step[]): string {
  return path
    .flatMap((step) => (typeof step === 'symbol' ? [] : [typeof step === 'number' ? '*' : step]))
    .join('.')
}

function replaced(value: unknown, [step, ...rest]: readonly Step[], other: unknown): unknown {
  if (step === undefined) return other
  if (value instanceof Map) {
    const map = new Map(value as Map<Step, unknown>)
    if (rest.length === 0 && other === undefined) map.delete(step)
    else map.set(step, replaced(map.get(step), rest, other))
    return map
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown, at) => (at === step ? replaced(item, rest, other) : item))
  }
  if (!isBytes(value)) throw new RangeError('the path leads nowhere')
  return encodeCanonical(replaced(decodeCanonical(value), rest, other))
}
