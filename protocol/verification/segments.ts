/** A stretch of an answer that is read as prose, or as the source code inside a fence. */
export interface Segment {
  readonly kind: 'prose' | 'code'
  readonly start: number
  readonly end: number
}

interface Line {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Splits Markdown into what is said and how it is set: fences, headings' hashes, bullets, rules and the numbers
 * of a list that counts 1, 2, 3 are left out. A lone "2." may be the answer itself and stays, as does a dash
 * before a digit and a leading ">".
 */
export function segmentsOf(text: string): Segment[] {
  const lines = linesOf(text)
  const counted = countedItems(lines)
  const segments: Segment[] = []
  let fence: Fence | undefined
  for (const line of lines) {
    if (fence !== undefined) {
      if (!closes(line, fence)) continue
      pushCode(segments, text, fence, line.start)
      fence = undefined
    } else {
      fence = openedBy(line, text.length)
      if (fence === undefined) pushProse(segments, line, counted)
    }
  }
  if (fence !== undefined) pushCode(segments, text, fence, text.length)
  return segments
}

interface Fence {
  readonly mark: string
  /** Where the name of the language stands, and where the code begins. */
  readonly name: { readonly start: number; readonly end: number }
  readonly start: number
}

/** A fence may name a language in one word; a line that says more is prose. */
function openedBy(line: Line, textLength: number): Fence | undefined {
  const opener = /^([ \t]{0,3}(```+|~~~+)[ \t]*)([A-Za-z][A-Za-z0-9+#._-]{0,19})?[ \t\r]*$/.exec(line.text)
  if (opener === null) return undefined
  const [, lead = '', mark = '', name = ''] = opener
  const start = line.start + lead.length
  return { mark, name: { start, end: start + name.length }, start: Math.min(line.end + 1, textLength) }
}

function closes(line: Line, fence: Fence): boolean {
  const mark = /^[ \t]*(`+|~+)[ \t\r]*$/.exec(line.text)?.[1]
  return mark?.startsWith(fence.mark) ?? false
}

/** The language's name is layout only where there is code: an answer can't hide as the name of an empty fence. */
function pushCode(segments: Segment[], text: string, fence: Fence, end: number): void {
  const isBlank = !/[^ \t\r\n]/.test(text.slice(fence.start, end))
  if (!isBlank) segments.push({ kind: 'code', start: fence.start, end })
  else if (fence.name.end > fence.name.start) segments.push({ kind: 'prose', ...fence.name })
}

function pushProse(segments: Segment[], line: Line, counted: ReadonlySet<Line>): void {
  if (/^[ \t\r|:=*_-]*$/.test(line.text) && /[|=*_-]{3}/.test(line.text)) return
  const start = line.start + markupLength(line, counted)
  if (start < line.end) segments.push({ kind: 'prose', start, end: line.end })
}

function markupLength(line: Line, counted: ReadonlySet<Line>): number {
  const item = counted.has(line) ? /^[ \t\r]*[0-9]{1,3}[.)][ \t\r]+/.exec(line.text) : null
  const markup = item ?? /^[ \t\r]*(?:[-*+•–][ \t\r]+(?![0-9$€£.]))?(?:#{1,6}[ \t\r]+)?/.exec(line.text)
  return markup?.[0].length ?? 0
}

function linesOf(text: string): Line[] {
  const lines: Line[] = []
  for (let start = 0; start <= text.length; ) {
    const feed = text.indexOf('\n', start)
    const end = feed === -1 ? text.length : feed
    if (end > start) lines.push({ start, end, text: text.slice(start, end) })
    start = end + 1
  }
  return lines
}

/** The items of numbered lists; none when the numbers say more than the order of the items does. */
function countedItems(lines: readonly Line[]): ReadonlySet<Line> {
  const items = new Set<Line>()
  let previous = 0
  for (const line of lines) {
    const digits = /^[ \t\r]*([0-9]{1,3})[.)][ \t\r]/.exec(line.text)?.[1]
    if (digits === undefined) continue
    const number = Number(digits)
    if (number !== previous + 1 && number !== 1) return new Set()
    previous = number
    items.add(line)
  }
  return items.size > 1 ? items : new Set()
}
