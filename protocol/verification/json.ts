import { VERIFICATION_LIMITS } from './limits.ts'

interface Located {
  readonly start: number
  readonly end: number
}
export type JsonScalar = Located & { readonly kind: 'string' | 'number' | 'literal'; readonly value: string }
export type JsonArray = Located & { readonly kind: 'array'; readonly items: readonly JsonNode[] }
export type JsonObject = Located & {
  readonly kind: 'object'
  readonly members: ReadonlyMap<string, JsonNode>
}
/** A JSON value with its place in the answer. Numbers are canonical decimals, never floats. */
export type JsonNode = JsonScalar | JsonArray | JsonObject

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const LITERAL = /true|false|null/y
const SPACE = /[ \t\r\n]*/y
/** Exponents beyond this many digits are compared as written. */
const EXPONENT_DIGITS_MAX = 6

/**
 * Reads an object or array that fills the range; undefined for anything else. JSON.parse won't do: it rounds
 * long numbers, keeps only the last of two equal keys, and has no bound on depth.
 */
export function parseJson(
  text: string,
  range: { start: number; end: number },
): JsonObject | JsonArray | undefined {
  const parser = new Parser(text.slice(0, range.end), range.start)
  const node = parser.parse()
  return node?.kind === 'object' || node?.kind === 'array' ? node : undefined
}

class Parser {
  readonly #text: string
  #at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  parse(): JsonNode | undefined {
    this.#take(SPACE)
    const opener = this.#text.charAt(this.#at)
    if (opener !== '{' && opener !== '[') return undefined
    const node = this.#value(0)
    this.#take(SPACE)
    return this.#at === this.#text.length ? node : undefined
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)?.[0]
    if (match !== undefined) this.#at += match.length
    return match
  }

  #skip(char: string): boolean {
    this.#take(SPACE)
    if (this.#text.charAt(this.#at) !== char) return false
    this.#at += 1
    return true
  }

  #value(depth: number): JsonNode | undefined {
    this.#take(SPACE)
    const start = this.#at
    if (this.#skip('{')) return depth < VERIFICATION_LIMITS.jsonDepth ? this.#object(start, depth) : undefined
    if (this.#skip('[')) return depth < VERIFICATION_LIMITS.jsonDepth ? this.#array(start, depth) : undefined
    const string = this.#string()
    if (string !== undefined) return { kind: 'string', value: string, start, end: this.#at }
    const number = this.#take(NUMBER)
    if (number !== undefined) return { kind: 'number', value: canonicalDecimal(number), start, end: this.#at }
    const literal = this.#take(LITERAL)
    return literal === undefined ? undefined : { kind: 'literal', value: literal, start, end: this.#at }
  }

  #string(): string | undefined {
    const raw = this.#take(STRING)
    if (raw === undefined) return undefined
    // The pattern admits exactly JSON's strings, whose value JSON.parse gives without loss.
    const value: unknown = JSON.parse(raw)
    return typeof value === 'string' ? value : undefined
  }

  #array(start: number, depth: number): JsonArray | undefined {
    const items: JsonNode[] = []
    if (this.#skip(']')) return { kind: 'array', items, start, end: this.#at }
    do {
      const item = this.#value(depth + 1)
      if (item === undefined) return undefined
      items.push(item)
    } while (this.#skip(','))
    return this.#skip(']') ? { kind: 'array', items, start, end: this.#at } : undefined
  }

  #object(start: number, depth: number): JsonObject | undefined {
    const members = new Map<string, JsonNode>()
    if (this.#skip('}')) return { kind: 'object', members, start, end: this.#at }
    do {
      this.#take(SPACE)
      const key = this.#string()
      if (key === undefined || members.has(key) || !this.#skip(':')) return undefined
      const member = this.#value(depth + 1)
      if (member === undefined) return undefined
      members.set(key, member)
    } while (this.#skip(','))
    return this.#skip('}') ? { kind: 'object', members, start, end: this.#at } : undefined
  }
}

/** Digits without zeros at either end, and a power of ten: 71.0 is 71, 1e3 is 1000. */
function canonicalDecimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text) ?? []
  if (exponent.length > EXPONENT_DIGITS_MAX) return text
  const digits = stripZeros(whole + fraction)
  if (digits.text === '') return '0'
  return `${sign}${digits.text}e${Number(exponent) - fraction.length + digits.trailing}`
}

function stripZeros(digits: string): { text: string; trailing: number } {
  let start = 0
  let end = digits.length
  while (start < end && digits.charCodeAt(start) === 0x30) start += 1
  while (end > start && digits.charCodeAt(end - 1) === 0x30) end -= 1
  return { text: digits.slice(start, end), trailing: digits.length - end }
}
