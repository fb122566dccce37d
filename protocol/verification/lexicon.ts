import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { type Digest, digestFromBytes, digestToBytes } from '../ids.ts'
import { VerificationError } from './limits.ts'

/** Changes with any change to the comparator's code that can change a verdict. */
export const COMPARATOR_VERSION = '1'

const RULES_TAG = 'hyperlooms/1/rules'

/** What one code point turns into: its folded text, and whether it may stand inside a word. */
export type CharClass = 'word' | 'symbol' | 'space' | 'ideograph'

/** The opened tables. Lookups take and give folded text; nothing here consults the engine's own Unicode. */
export interface Lexicon {
  readonly digest: Digest
  /** Folded text of a code point at or above 0x80; undefined when it stays as it is, '' when it is invisible. */
  readonly fold: (codePoint: number) => string | undefined
  /** Class of a code point at or above 0x80 after folding. */
  readonly classOf: (codePoint: number) => CharClass
  readonly cardinals: ReadonlyMap<string, number>
  readonly scales: ReadonlyMap<string, number>
  readonly ordinals: ReadonlyMap<string, string>
  readonly units: ReadonlyMap<string, string>
  readonly contractions: ReadonlyMap<string, string>
  readonly negators: ReadonlySet<string>
  readonly functionWords: ReadonlySet<string>
  readonly refusals: readonly (readonly string[])[]
  readonly openings: readonly (readonly string[])[]
  readonly openingWords: ReadonlySet<string>
  readonly closings: readonly (readonly string[])[]
  readonly closingWords: ReadonlySet<string>
  readonly codeStarts: ReadonlySet<string>
  readonly choices: ReadonlySet<string>
}

/**
 * Opens the bytes of `tables/lexicon-1.json`. The digest is taken over exactly these bytes, so a host that
 * read another file computes other rules and is found out when it joins a job. Throws `bad_lexicon`.
 */
export function openLexicon(bytes: Uint8Array): Lexicon {
  const asset = new Asset(bytes)
  return {
    digest: digestFromBytes(sha256(bytes)),
    fold: foldLookup(asset),
    classOf: classLookup(asset),
    cardinals: asset.map('cardinals', isNumber),
    scales: asset.map('scales', isNumber),
    ordinals: asset.map('ordinals', isString),
    units: asset.map('units', isString),
    contractions: asset.map('contractions', isString),
    negators: new Set(asset.list('negators', isString)),
    functionWords: new Set(asset.list('functionWords', isString)),
    refusals: asset.phrases('refusals'),
    openings: asset.phrases('openings'),
    openingWords: new Set(asset.list('openingWords', isString)),
    closings: asset.phrases('closings'),
    closingWords: new Set(asset.list('closingWords', isString)),
    codeStarts: new Set(asset.list('codeStarts', isString)),
    choices: new Set(asset.list('choices', isString)),
  }
}

/** Names the comparator and its tables: sha-256 over tag, NUL, version, NUL, the asset's digest. */
export function rulesOf(lexicon: Lexicon): Digest {
  const head = utf8ToBytes(`${RULES_TAG}\0${COMPARATOR_VERSION}\0`)
  const rules = new Uint8Array(head.length + 32)
  rules.set(head)
  rules.set(digestToBytes(lexicon.digest), head.length)
  return digestFromBytes(sha256(rules))
}

function foldLookup(asset: Asset): Lexicon['fold'] {
  const folds = new Map<number, string>()
  for (const [first, count, step, distance] of asset.tuples('runs', 4)) {
    for (let at = 0; at < count; at += 1) {
      const code = first + at * step
      folds.set(code, String.fromCodePoint(code + distance))
    }
  }
  for (const [code, text] of asset.list('expansions', isExpansion)) folds.set(code, text)
  const ignorable = rangeLookup(asset, 'ignorable')
  return (code) => (ignorable(code) ? '' : folds.get(code))
}

function classLookup(asset: Asset): Lexicon['classOf'] {
  const isSpace = rangeLookup(asset, 'spaces')
  const isSymbol = rangeLookup(asset, 'symbols')
  const isIdeograph = rangeLookup(asset, 'ideographs')
  return (code) => {
    if (isSpace(code)) return 'space'
    if (isSymbol(code) || (code >= 0xd800 && code <= 0xdfff)) return 'symbol'
    return isIdeograph(code) ? 'ideograph' : 'word'
  }
}

/** Binary search in ascending ranges given as start and length. */
function rangeLookup(asset: Asset, name: string): (code: number) => boolean {
  const ranges = asset.tuples(name, 2)
  return (code) => {
    let low = 0
    let high = ranges.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const [start, count] = ranges[middle] ?? [0, 0]
      if (code < start) high = middle - 1
      else if (code >= start + count) low = middle + 1
      else return true
    }
    return false
  }
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isExpansion(value: unknown): value is [number, string] {
  return Array.isArray(value) && value.length === 2 && isNumber(value[0]) && isString(value[1])
}

/** The asset as it lies on disk: ASCII JSON whose members are checked as they are read. */
class Asset {
  readonly #members: ReadonlyMap<string, unknown>

  constructor(bytes: Uint8Array) {
    const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw new VerificationError('bad_lexicon')
    }
    if (typeof value !== 'object' || value === null) throw new VerificationError('bad_lexicon')
    this.#members = new Map(Object.entries(value))
    if (this.#members.get('format') !== 1) throw new VerificationError('bad_lexicon')
  }

  list<T>(name: string, is: (value: unknown) => value is T): T[] {
    const value = this.#members.get(name)
    if (!Array.isArray(value) || !value.every(is)) throw new VerificationError('bad_lexicon')
    return value
  }

  map<T>(name: string, is: (value: unknown) => value is T): Map<string, T> {
    const value = this.#members.get(name)
    if (typeof value !== 'object' || value === null) throw new VerificationError('bad_lexicon')
    const map = new Map<string, T>()
    for (const [key, member] of Object.entries(value)) {
      if (!is(member)) throw new VerificationError('bad_lexicon')
      map.set(key, member)
    }
    return map
  }

  phrases(name: string): string[][] {
    return this.list(name, isString).map((phrase) => phrase.split(' '))
  }

  tuples(name: string, width: 2): [number, number][]
  tuples(name: string, width: 4): [number, number, number, number][]
  tuples(name: string, width: number): number[][] {
    const numbers = this.list(name, isNumber)
    if (numbers.length % width !== 0) throw new VerificationError('bad_lexicon')
    return Array.from({ length: numbers.length / width }, (_, at) =>
      numbers.slice(at * width, (at + 1) * width),
    )
  }
}
