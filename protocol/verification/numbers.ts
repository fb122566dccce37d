import type { Lexicon } from './lexicon.ts'
import type { Token } from './token.ts'

/** Longer digit strings are names of something; they are compared, never calculated with. */
const CALCULATED_DIGITS_MAX = 40
const CURRENCIES = new Set(['$', '€', '£', '¥'])

/**
 * Makes numbers canonical: words become digits (twenty-three, two hundred and five, 2.2 million), a currency
 * sign moves behind its amount, written units become signs directly after a number, and zeros at the end of a
 * fraction go where they say nothing (5.0, $4.60, 4.60 %). "1.10" alone keeps its zero: it may be a version.
 */
export function canonicalNumbers(tokens: readonly Token[], lexicon: Lexicon): Token[] {
  const numbered: Token[] = []
  for (let at = 0; at < tokens.length; ) {
    const cardinal = readCardinal(tokens, at, lexicon)
    const token = cardinal?.token ?? tokens[at]
    if (token === undefined) break
    at = cardinal?.next ?? at + 1
    numbered.push(
      cardinal === undefined && lexicon.ordinals.has(token.text) ? ordinal(token, lexicon) : token,
    )
  }
  return withUnits(numbered, lexicon)
}

function ordinal(token: Token, lexicon: Lexicon): Token {
  return { ...token, text: lexicon.ordinals.get(token.text) ?? token.text }
}

interface Cardinal {
  readonly token: Token
  readonly next: number
}

/** Reads the longest cardinal at a position; undefined when no number stands there. */
function readCardinal(tokens: readonly Token[], from: number, lexicon: Lexicon): Cardinal | undefined {
  const first = tokens[from]
  if (first === undefined) return undefined
  const isArticle = first.text === 'a' || first.text === 'an'
  const lead = isArticle ? '1' : valueOf(first, lexicon)
  if (lead === undefined) return undefined
  let at = from + 1
  let group = lead
  let total = 0n
  let isExact = first.kind === 'word'
  let lowestScale = Number.MAX_SAFE_INTEGER
  for (let last = first; last.pause === 'none'; ) {
    const token = tokens[at]
    if (token === undefined) break
    const scale = lexicon.scales.get(token.text)
    if (scale !== undefined && scale < lowestScale) {
      group = shiftDecimal(group, scale)
      if (scale > 2) {
        lowestScale = scale
        if (group.includes('.'))
          return at === from + 1 ? cardinalOf(tokens, { from, next: at + 1, text: group }) : undefined
        total += BigInt(group)
        group = '0'
      }
      isExact = true
    } else if (isExact && isSmaller(tokens, at, { group, total }, lexicon)) {
      if (token.text !== 'and') group = String(BigInt(group) + BigInt(valueOf(token, lexicon) ?? '0'))
    } else break
    last = token
    at += 1
  }
  if (isArticle && at === from + 1) return undefined
  const text = isExact && !group.includes('.') ? String(total + BigInt(group)) : group
  return cardinalOf(tokens, { from, next: at, text })
}

/** Whether a word extends a spelt number downwards: tens take ones, hundreds and scales take anything below. */
function isSmaller(
  tokens: readonly Token[],
  at: number,
  sum: { group: string; total: bigint },
  lexicon: Lexicon,
): boolean {
  const token = tokens[at]
  if (token === undefined || sum.group.includes('.')) return false
  const group = BigInt(sum.group)
  if (token.text === 'and') {
    const next = tokens[at + 1]
    const hasRoom = group === 0n ? sum.total > 0n : group % 100n === 0n
    return hasRoom && next !== undefined && lexicon.cardinals.has(next.text)
  }
  const value = lexicon.cardinals.get(token.text)
  if (value === undefined || value === 0) return false
  if (group === 0n) return sum.total > 0n
  const tail = group % 100n
  return tail === 0n || (tail % 10n === 0n && tail >= 20n && value < 10)
}

function cardinalOf(
  tokens: readonly Token[],
  range: { from: number; next: number; text: string },
): Cardinal | undefined {
  const first = tokens[range.from]
  const last = tokens[range.next - 1]
  if (first === undefined || last === undefined) return undefined
  const token: Token = { ...last, kind: 'number', text: trimWhole(range.text), start: first.start }
  return { token, next: range.next }
}

function valueOf(token: Token, lexicon: Lexicon): string | undefined {
  if (token.kind === 'number') return token.text.length <= CALCULATED_DIGITS_MAX ? token.text : undefined
  const value = lexicon.cardinals.get(token.text)
  return value === undefined ? undefined : String(value)
}

/** Multiplies a decimal by a power of ten by moving its point. */
function shiftDecimal(decimal: string, power: number): string {
  const [whole = '0', fraction = ''] = decimal.split('.')
  const moved = whole + fraction.slice(0, power).padEnd(power, '0')
  const rest = trimZeros(fraction.slice(power))
  return stripLeading(moved) + (rest === '' ? '' : `.${rest}`)
}

function stripLeading(digits: string): string {
  let at = 0
  while (at < digits.length - 1 && digits.charCodeAt(at) === 0x30) at += 1
  return digits.slice(at)
}

function trimZeros(fraction: string): string {
  let end = fraction.length
  while (end > 0 && fraction.charCodeAt(end - 1) === 0x30) end -= 1
  return fraction.slice(0, end)
}

/** 5.0 is 5; 1.10 stays. */
function trimWhole(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.')
  return fraction !== undefined && trimZeros(fraction) === '' ? whole : decimal
}

/** The number without zeros at the end of its fraction: equal values have equal texts, 1.10 and 1.1 too. */
export function numericValue(text: string): string {
  const point = text.lastIndexOf('.')
  if (point === -1) return text
  const fraction = trimZeros(text.slice(point + 1))
  return fraction === '' ? text.slice(0, point) : `${text.slice(0, point)}.${fraction}`
}

function withUnits(tokens: readonly Token[], lexicon: Lexicon): Token[] {
  const canonical: Token[] = []
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token === undefined) break
    const next = tokens[at + 1]
    if (CURRENCIES.has(token.text) && next?.kind === 'number') {
      const sign: Token = { ...token, start: next.start, end: next.end, pause: next.pause }
      canonical.push({ ...next, text: numericValue(next.text), start: token.start, pause: 'none' }, sign)
      at += 1
      continue
    }
    const unit = token.kind === 'number' ? unitAfter(tokens, at, lexicon) : undefined
    if (unit === undefined) {
      canonical.push(token)
      continue
    }
    canonical.push({ ...token, text: numericValue(token.text) }, unit.token)
    at += unit.count
  }
  return canonical
}

function unitAfter(
  tokens: readonly Token[],
  at: number,
  lexicon: Lexicon,
): { token: Token; count: number } | undefined {
  const next = tokens[at + 1]
  if (next === undefined || tokens[at]?.pause !== 'none') return undefined
  const cent = tokens[at + 2]
  if (next.text === 'per' && cent?.text === 'cent') {
    return { token: { ...cent, kind: 'symbol', text: '%', start: next.start }, count: 2 }
  }
  const unit = lexicon.units.get(next.text)
  return unit === undefined ? undefined : { token: { ...next, kind: 'symbol', text: unit }, count: 1 }
}
