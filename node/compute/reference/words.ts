/**
 * Words that carry no topic in English, and so neither central sentences nor key terms. Other languages work
 * without such a list, only less sharply.
 */
const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about above after again against all also although am among an and another any are aren't around as at away
  back be became because become been before being below between both but by came can can't cannot come could
  couldn't did didn't do does doesn't doing don't done down during each either else enough even ever every few
  first for from further get gets give given go goes going got had hadn't has hasn't have haven't having he her
  here hers herself him himself his how however i i'm if in into is isn't it it's its itself just last least less
  let like made make makes many may me might mine more most much must my myself near nearly neither never new next
  no nor not now of off often on once one only or other others our ours out over own per perhaps put quite rather
  really said same say says second see seem seems several shall she should shouldn't since so some soon still such
  take taken than that that's the their theirs them themselves then there these they thing things this those
  though three through thus to together too toward towards two under until up upon us use used using very was
  wasn't way we well went were weren't what what's when where whether which while who who's whom whose why will
  with within without won't would wouldn't yes yet you your yours yourself`.split(/\s+/),
)

/** Longer runs of letters are data, not words of any language, and would make "key terms" of any size. */
const TERM_LENGTH_MAX = 64

// Explicit ranges instead of the engine's \p{L}: two replicas on different runtimes must split words alike.
// Letters, marks and digits of alphabetic scripts, then (as words of one character) kana and ideographs.
const ALPHABETIC =
  '0-9A-Za-z\\u00AA\\u00B5\\u00BA\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u037D\\u037F-\\u0386\\u0388-\\u0559' +
  '\\u0561-\\u0588\\u0591-\\u05BD\\u05D0-\\u05F2\\u0610-\\u061A\\u0620-\\u0669\\u066E-\\u06D3\\u06D5-\\u06FF' +
  '\\u0750-\\u0963\\u0966-\\u0DF3\\u0E01-\\u0E3A\\u0E40-\\u0E4E\\u0E50-\\u0E59\\u0E80-\\u0F00\\u0F20-\\u1FFE' +
  '\\u2C00-\\u2DFF\\uA640-\\uA66F\\uAC00-\\uD7A3\\u{10000}-\\u{1AFFF}\\u{1D400}-\\u{1D7FF}'
const IDEOGRAPHIC =
  '\\u3041-\\u3096\\u30A1-\\u30FA\\u30FC\\u3400-\\u4DBF\\u4E00-\\u9FFF\\uF900-\\uFAFF\\u{20000}-\\u{3FFFF}'
const WORD = new RegExp(
  `\\d+(?:[.,]\\d+)*(?![${ALPHABETIC}])|[${ALPHABETIC}]+(?:['’][${ALPHABETIC}]+)*|[${IDEOGRAPHIC}]`,
  'gu',
)
const HAS_WORD = new RegExp(`[${ALPHABETIC}${IDEOGRAPHIC}]`, 'u')

/** A word that says something about the topic. */
export interface Term {
  /** Lower-case form as it stands in the text. */
  readonly form: string
  /** What inflections of the word have in common; terms are the same where their stems are. */
  readonly stem: string
}

export function hasWord(text: string): boolean {
  return HAS_WORD.test(text)
}

/** The topic words of a text in their order, repetitions included. Linear in the text. */
export function termsOf(text: string): Term[] {
  const terms: Term[] = []
  for (const [word] of text.matchAll(WORD)) {
    const form = word.toLowerCase().replaceAll('’', "'")
    if (STOP_WORDS.has(form)) continue
    const base = form.endsWith("'s") ? form.slice(0, -2) : form
    if (/^[a-z]?$/.test(base)) continue
    if (base.length <= TERM_LENGTH_MAX) terms.push({ form: base, stem: stemOf(base) })
  }
  return terms
}

export function stemsOf(text: string): Set<string> {
  return new Set(termsOf(text).map((term) => term.stem))
}

/** A light English stem, enough for "describes" to meet "described"; other words stay as they are. */
function stemOf(word: string): string {
  if (!/^[a-z]{4,40}$/.test(word)) return word
  const singular = word
    .replace(/ies$/, 'y')
    .replace(/sses$/, 'ss')
    .replace(/([^aisu])s$/, '$1')
  const bare = singular.length >= 6 ? singular.replace(/(?:ing|ed)$/, '') : singular
  const single = bare === singular ? bare : bare.replace(/([b-df-hj-np-rtv-z])\1$/, '$1')
  return single.length >= 4 ? single.replace(/e$/, '') : single
}
