import { type FoldedText, foldText } from './fold.ts'
import type { CharClass, Lexicon } from './lexicon.ts'
import type { Segment } from './segments.ts'
import type { Pause, Token } from './token.ts'

const LATER_MARKS = new Set(['.', ',', ';', ':', '!', "'", '"', '*', '_', '`', '-', '—'])

/**
 * The tokens of an answer before numbers are made canonical. Layout and the punctuation of prose are dropped;
 * whatever may carry meaning stays as a symbol of its own: brackets, operators, "?", "!" after a digit, a dash
 * that is no hyphen.
 */
export function tokenise(original: string, segments: readonly Segment[], lexicon: Lexicon): Token[] {
  const tokens: Token[] = []
  for (const segment of segments) {
    const line = new Scanner(original, foldText(original, segment, lexicon), lexicon).scan()
    const last = line.pop()
    // A loop, since a spread of a long answer's tokens would overflow the stack.
    for (const token of line) tokens.push(token)
    if (last !== undefined) tokens.push({ ...last, pause: 'long' })
  }
  return tokens
}

type Reach = 'open' | 'letter' | 'digit' | 'mark'

class Scanner {
  readonly #original: string
  readonly #folded: FoldedText
  readonly #lexicon: Lexicon
  readonly #tokens: Token[] = []
  readonly #openQuotes = new Map<string, number>()
  #at = 0

  constructor(original: string, folded: FoldedText, lexicon: Lexicon) {
    this.#original = original
    this.#folded = folded
    this.#lexicon = lexicon
  }

  scan(): Token[] {
    const { text } = this.#folded
    while (this.#at < text.length) {
      const from = this.#at
      const kind = this.#classAt(from)
      if (kind === 'space') this.#at += 1
      else if (isDigit(text.charCodeAt(from)) || this.#startsFraction(from)) this.#scanNumber()
      else if (kind === 'word') this.#scanWord()
      else if (kind === 'symbol' && this.#isLayout(from)) this.#skipMark()
      else this.#push('symbol', from, from + this.#width(from))
    }
    return this.#tokens
  }

  #push(kind: Token['kind'], from: number, to: number, text = this.#folded.text.slice(from, to)): void {
    const start = this.#folded.start[from] ?? 0
    const last = this.#folded.start[to - 1] ?? start
    const end = last + ((this.#original.codePointAt(last) ?? 0) > 0xffff ? 2 : 1)
    this.#tokens.push({ text, kind, start, end, pause: text === '?' ? 'long' : 'none' })
    this.#at = to
  }

  /** A letter's run; dots, apostrophes and underscores belong to it between two letters or digits. */
  #scanWord(): void {
    this.#push('word', this.#at, this.#wordEnd(this.#at))
  }

  #wordEnd(from: number): number {
    const { text } = this.#folded
    let at = from
    while (at < text.length) {
      const inner = text.charCodeAt(at)
      const joins =
        (inner === 0x2e || inner === 0x27 || inner === 0x5f) && at > from && this.#isWordAt(at + 1)
      if (!joins && !this.#isWordAt(at)) break
      at += joins ? 1 : this.#width(at)
    }
    return at
  }

  /** Digits with thousands separators and one fraction; with letters or more dots they are a name: 17th, 0.15.20. */
  #scanNumber(): void {
    const { text } = this.#folded
    const from = this.#at
    let at = this.#digitsEnd(from)
    let digits = text.slice(from, at)
    if (at - from <= 3 && at > from) {
      while (text.charCodeAt(at) === 0x2c && this.#digitsEnd(at + 1) === at + 4) {
        digits += text.slice(at + 1, at + 4)
        at += 4
      }
    }
    const fraction = text.charCodeAt(at) === 0x2e ? this.#digitsEnd(at + 1) : at
    if (fraction > at + 1) {
      digits = `${digits === '' ? '0' : digits}${text.slice(at, fraction)}`
      at = fraction
    }
    const isName = this.#isWordAt(at) || (text.charCodeAt(at) === 0x2e && this.#isWordAt(at + 1))
    if (!isName) return this.#push('number', from, at, digits)
    const end = this.#wordEnd(at)
    const unit = text.slice(at, end)
    if (!this.#lexicon.units.has(unit)) return this.#push('word', from, end, digits + unit)
    this.#push('number', from, at, digits)
    this.#push('word', at, end)
  }

  #digitsEnd(from: number): number {
    let at = from
    while (isDigit(this.#folded.text.charCodeAt(at))) at += 1
    return at
  }

  #startsFraction(at: number): boolean {
    return this.#folded.text.charCodeAt(at) === 0x2e && isDigit(this.#folded.text.charCodeAt(at + 1))
  }

  /** Whether a mark only sets the text: it ends something, opens or closes a quotation, or emphasises. */
  #isLayout(at: number): boolean {
    const mark = this.#folded.text.charAt(at)
    if (!LATER_MARKS.has(mark)) return false
    const before = this.#reachAt(at - 1)
    const after = this.#reachAt(at + 1)
    switch (mark) {
      case '`':
      case ';':
      case '—':
        return true
      case "'":
      case '"':
        return this.#isQuotation(mark, before)
      case '!':
        return this.#isExclamation(at, before, after)
      case '-':
        return before === 'letter' && after === 'letter'
      case '*':
      case '_':
        return before === 'open'
          ? after !== 'open'
          : after === 'open' || before === 'mark' || after === 'mark'
      case ',':
        return !(before === 'digit' && after === 'digit')
      default:
        return after === 'open' || after === 'mark' || before === 'open'
    }
  }

  /** A closing mark needs an opening one, or it is a prime or an inch; only the plural possessive goes without. */
  #isQuotation(mark: string, before: Reach): boolean {
    const open = this.#openQuotes.get(mark) ?? 0
    const opens = before === 'open' || before === 'mark'
    if (!opens && open === 0) return mark === "'" && this.#folded.text.charAt(this.#at - 1) === 's'
    this.#openQuotes.set(mark, opens ? open + 1 : open - 1)
    return true
  }

  /** "Great!" is tone; "5!", "n!" and "!ready" are operators. */
  #isExclamation(at: number, before: Reach, after: Reach): boolean {
    if (before === 'digit' || after === 'digit' || after === 'letter') return false
    if (this.#folded.text.charAt(at + 1) === '=') return false
    return before !== 'letter' || this.#reachAt(at - 2) === 'letter'
  }

  /** Beyond the edge of the text counts as open space. */
  #reachAt(at: number): Reach {
    if (at < 0 || at >= this.#folded.text.length) return 'open'
    if (isDigit(this.#folded.text.charCodeAt(at))) return 'digit'
    const kind = this.#classAt(at)
    if (kind === 'space') return 'open'
    return kind === 'symbol' ? 'mark' : 'letter'
  }

  #skipMark(): void {
    const mark = this.#folded.text.charAt(this.#at)
    const after = this.#reachAt(this.#at + 1)
    this.#at += 1
    if (mark === ',' || mark === '—' || mark === ';') this.#pauseWith('short')
    if ('.:!'.includes(mark) && after !== 'letter' && after !== 'digit') this.#pauseWith('long')
  }

  #pauseWith(pause: Pause): void {
    const last = this.#tokens.at(-1)
    if (last === undefined || last.pause === 'long') return
    this.#tokens[this.#tokens.length - 1] = { ...last, pause }
  }

  #isWordAt(at: number): boolean {
    return at < this.#folded.text.length && this.#classAt(at) === 'word'
  }

  #width(at: number): number {
    return (this.#folded.text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  }

  #classAt(at: number): CharClass {
    const code = this.#folded.text.codePointAt(at) ?? 0
    if (code >= 0x80) return this.#lexicon.classOf(code)
    if (code <= 0x20 || code === 0x7f) return 'space'
    const isWord = isDigit(code) || (code >= 0x61 && code <= 0x7a)
    return isWord ? 'word' : 'symbol'
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}
