/**
 * Writes `tables/lexicon-1.json`, the pinned tables of the comparator:
 *   node protocol/verification/tables.build.ts
 * Unicode data comes from the engine that runs this script, whose versions are recorded in the asset. Peers
 * never consult their own engine: they read the asset, and its digest is part of a job's rules. A change here
 * therefore needs a new file name and a new comparator version.
 */
import { writeFileSync } from 'node:fs'
import { VERIFICATION_LIMITS } from './limits.ts'
import * as lists from './tables.words.build.ts'

const FIRST = 0x80
const LAST = 0x10ffff

/** Letters of other scripts that are drawn like a Latin letter, after folding. */
const CONFUSABLES: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...'асеорхуіјѕԁһԛԝ'].map((letter, at) => [letter, 'aceopxyijsdhqw'.charAt(at)])),
  ο: 'o',
  ɑ: 'a',
  ɡ: 'g',
}

/** Punctuation written in several ways; the long dash stays apart because it never joins or negates. */
const PUNCTUATION: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...'‘’‚‛′ʼ´'].map((mark) => [mark, "'"])),
  ...Object.fromEntries([...'“”„‟″«»'].map((mark) => [mark, '"'])),
  ...Object.fromEntries([...'‐‑‒–−'].map((mark) => [mark, '-'])),
  '―': '—',
  '。': '.',
  '、': ',',
  '…': '...',
  '№': '№',
}

const CASE_ROUNDS = 4

function caseless(text: string): string {
  let folded = text
  for (let round = 0; round < CASE_ROUNDS; round += 1) {
    folded = folded.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD')
  }
  return folded
}

const SUPERSCRIPT = /[⁰¹²³⁴-⁹⁺⁻ⁱⁿ]/u
const SUBSCRIPT = /[₀-₉₊₋]/u

function foldOf(char: string): string {
  const mark = PUNCTUATION[char]
  if (mark !== undefined) return mark
  if (/\p{Nd}/u.test(char)) return digitOf(char)
  const folded = [...caseless(char)].map((part) => CONFUSABLES[part] ?? PUNCTUATION[part] ?? part).join('')
  if (folded === char) return char
  // 10² is not 102, and 5½ is not 51/2: marks that stand for themselves keep their distance.
  if (SUPERSCRIPT.test(char)) return `^${folded}`
  if (SUBSCRIPT.test(char)) return `_${folded}`
  if (/[\p{No}\p{So}]/u.test(char)) return ` ${folded.replaceAll('⁄', '/')} `
  return folded
}

/** Decimal digits of every script stand in runs of ten from zero. */
function digitOf(char: string): string {
  const nfkd = char.normalize('NFKD')
  if (/^[0-9]$/.test(nfkd)) return nfkd
  const code = char.codePointAt(0) ?? 0
  let zero = code
  while (zero > 0 && code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1
  return String(code - zero)
}

function isHangulOrSurrogate(code: number): boolean {
  return (code >= 0xd800 && code <= 0xdfff) || (code >= 0xac00 && code <= 0xd7a3)
}

function rangesOf(test: (char: string) => boolean): number[] {
  const ranges: number[] = []
  let end = -2
  for (let code = FIRST; code <= LAST; code += 1) {
    if ((code >= 0xd800 && code <= 0xdfff) || !test(String.fromCodePoint(code))) continue
    if (code === end + 1) ranges[ranges.length - 1] = (ranges.at(-1) ?? 0) + 1
    else ranges.push(code, 1)
    end = code
  }
  return ranges
}

const isIgnorable = (char: string) => /\p{Default_Ignorable_Code_Point}/u.test(char)

/** Single code points at a constant distance become runs [first, count, step, distance]; the rest is spelt out. */
function foldTables(): { runs: number[]; expansions: [number, string][] } {
  const singles: [number, number][] = []
  const expansions: [number, string][] = []
  for (let code = FIRST; code <= LAST; code += 1) {
    if (isHangulOrSurrogate(code)) continue
    const char = String.fromCodePoint(code)
    if (isIgnorable(char)) continue
    const folded = foldOf(char)
    if (folded === char || folded.length > VERIFICATION_LIMITS.expansionUnits) continue
    if ([...folded].length === 1) singles.push([code, folded.codePointAt(0) ?? 0])
    else expansions.push([code, folded])
  }
  return { runs: runsOf(singles), expansions }
}

function runsOf(singles: readonly (readonly [number, number])[]): number[] {
  const runs: number[][] = []
  for (const [code, target] of singles) {
    const run = runs.at(-1)
    const [first = 0, count = 0, step = 0, distance = 0] = run ?? []
    const last = first + (count - 1) * step
    const fits =
      run !== undefined &&
      target - code === distance &&
      (count === 1 ? code - first <= 2 : code - last === step)
    if (fits) runs[runs.length - 1] = [first, count + 1, count === 1 ? code - first : step, distance]
    else runs.push([code, 1, 1, target - code])
  }
  return runs.flat()
}

const lexicon = {
  format: 1,
  unicode: process.versions.unicode,
  icu: process.versions.icu,
  ...foldTables(),
  ignorable: rangesOf(isIgnorable),
  spaces: rangesOf((char) => /[\p{Z}\p{Cc}]/u.test(char)),
  symbols: rangesOf((char) => /[\p{P}\p{S}\p{Co}]/u.test(char) && !isIgnorable(char)),
  ideographs: rangesOf((char) => /[\p{Ideographic}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(char)),
  ...lists,
}

const ascii = JSON.stringify(lexicon).replace(
  /[\u0080-\uffff]/g,
  (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
)
writeFileSync(new URL('tables/lexicon-1.json', import.meta.url), `${ascii}\n`)
console.log(`lexicon-1.json: ${ascii.length + 1} bytes, Unicode ${lexicon.unicode}, ICU ${lexicon.icu}`)
