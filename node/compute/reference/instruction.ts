import { EXPRESSION_LENGTH_MAX } from './arithmetic.ts'
import { splitSentences } from './sentences.ts'
import { hasWord } from './words.ts'

/** What a prompt asks the reference model to do. */
export type Instruction =
  | { readonly kind: 'empty' }
  | { readonly kind: 'summarise'; readonly text: string; readonly sentences: number | undefined }
  | { readonly kind: 'keywords'; readonly text: string; readonly terms: number | undefined }
  | { readonly kind: 'calculate'; readonly expression: string }
  | { readonly kind: 'question'; readonly question: string; readonly sentences: readonly string[] }
  | { readonly kind: 'other' }

/** An instruction stands in the first or last words of a prompt; patterns look at no more than these. */
const EDGE_LENGTH = 240
/** A longer "question" is a text that happens to end with a question mark. */
const QUESTION_LENGTH_MAX = 500

const POLITE = '^\\s*(?:please,?\\s+)?(?:(?:can|could|would|will) you\\s+)?(?:please\\s+)?'
const SUMMARISE_VERB =
  '(?:summari[sz]e|sum up|tl;?\\s?dr|(?:give|write|provide)(?: me)? (?:a|the) (?:\\w+ )?summary(?: of)?|summary(?: of)?)(?![a-z])'
const KEYWORDS_VERB =
  '(?:(?:list|extract|give|find|name|what are)(?: me)? (?:the |all )?(?:\\w+ ){0,2})?(?:key\\s?-?(?:words|terms|phrases))(?: (?:of|from|in|for))?(?![a-z])'
/** "the following text in two sentences:", or any few words that begin like an object and end with a colon. */
const OBJECT =
  '(?:(?:\\s+(?:the|this|these|that|my|our|below|in|for|briefly|it|following)\\b[^.!?\\n:]{0,100})?\\s*[:\\n]' +
  '|(?:(?:\\s+(?:the|this))?(?:\\s+following)?\\s+(?:text|passage|article|paragraph|document|story)|\\s+the\\s+following)?' +
  '(?:\\s+briefly)?(?:\\s+in\\s+\\w+\\s+sentences?)?\\s*[:.,–—-]?)'

const SUMMARISE = new RegExp(`${POLITE}${SUMMARISE_VERB}${OBJECT}`, 'i')
const KEYWORDS = new RegExp(`${POLITE}${KEYWORDS_VERB}${OBJECT}`, 'i')
const SUMMARISE_AFTER =
  /[.!?…。"”)\s]\s*(?:please\s+)?(?:summari[sz]e(?:\s+(?:this|it|that|the\s+(?:above|text|passage|article)))?(?:\s+(?:above|text|in\s+\w+\s+sentences?)){0,2}|tl;?\s?dr)\s*[.:?!]?\s*$/i
const QUESTION_MARK_BEFORE = /(?:^|\s)(?:question|q)\s?[:：]/gi
const ANSWER_MARK_AFTER = /(?:^|\s)(?:answer|a)\s?[:：]\s*$/i
const TEXT_MARK_BEFORE = /^\s*(?:text|context|passage|document|article)\s?[:：]/i
const CALCULATE =
  /^\s*(?:please\s+)?(?:what(?:['’]s| is| does)|calculate|compute|evaluate|solve|how much is)\s+([^a-z]+?)(?:\s+equals?)?\s*[=?.!]*\s*$/i
const BARE_EXPRESSION = /^\s*([\d(][^a-z]*(?:[*+/^]|\s-\s)[^a-z]*?)\s*[=?]*\s*$/i

const NUMBER_WORDS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']

export function readInstruction(prompt: string): Instruction {
  if (!hasWord(prompt)) return { kind: 'empty' }
  const head = prompt.slice(0, EDGE_LENGTH)
  return (
    readKeywords(prompt, head) ??
    readSummarise(prompt, head) ??
    readCalculation(prompt) ??
    readMarkedQuestion(prompt) ??
    readPlainQuestion(prompt) ?? { kind: 'other' }
  )
}

function readKeywords(prompt: string, head: string): Instruction | undefined {
  const match = KEYWORDS.exec(head)
  if (match === null) return undefined
  return { kind: 'keywords', text: prompt.slice(match[0].length), terms: numberIn(match[0]) }
}

function readSummarise(prompt: string, head: string): Instruction | undefined {
  const before = SUMMARISE.exec(head)
  if (before !== null) {
    const text = prompt.slice(before[0].length)
    if (hasWord(text)) return { kind: 'summarise', text, sentences: sentencesIn(before[0]) }
  }
  const tail = prompt.slice(-EDGE_LENGTH)
  const after = SUMMARISE_AFTER.exec(tail)
  if (after === null) return undefined
  const text = prompt.slice(0, prompt.length - tail.length + after.index + 1)
  return { kind: 'summarise', text, sentences: sentencesIn(after[0]) }
}

function readCalculation(prompt: string): Instruction | undefined {
  if (prompt.length > EXPRESSION_LENGTH_MAX) return undefined
  const symbols = prompt
    .replace(/\s(?:times|multiplied by)\s/gi, ' * ')
    .replace(/\s(?:divided by|over)\s/gi, ' / ')
    .replace(/\splus\s/gi, ' + ')
    .replace(/\sminus\s/gi, ' - ')
    .replace(/\s(?:to the power of)\s/gi, ' ^ ')
    .replace(/%\s+of\s/gi, ' / 100 * ')
    .replace(/[×·]/g, '*')
    .replace(/÷/g, '/')
    .replace(/[−–]/g, '-')
  const expression = (CALCULATE.exec(symbols) ?? BARE_EXPRESSION.exec(symbols))?.[1]
  if (expression === undefined || !/\d\s*\)*\s*(?:[-+*/^])/.test(expression)) return undefined
  return { kind: 'calculate', expression: expression.replace(/(\d),(?=\d{3}(?!\d))/g, '$1') }
}

/** "Text: ... Question: ...?" in either order. */
function readMarkedQuestion(prompt: string): Instruction | undefined {
  const mark = [...prompt.matchAll(QUESTION_MARK_BEFORE)].at(-1)
  if (mark === undefined) return undefined
  const rest = prompt.slice(mark.index + mark[0].length)
  const end = rest.slice(0, QUESTION_LENGTH_MAX).search(/[?？]|\S\s*\n/)
  const length = end === -1 ? Math.min(rest.length, QUESTION_LENGTH_MAX) : end + 1
  const before = prompt.slice(0, mark.index).replace(TEXT_MARK_BEFORE, '')
  const after = withoutAnswerMark(rest.slice(length)).replace(TEXT_MARK_BEFORE, '')
  const sentences = splitSentences(hasWord(before) ? before : after)
  return { kind: 'question', question: withoutAnswerMark(rest.slice(0, length)), sentences }
}

/** A text with one question as its first or last sentence. */
function readPlainQuestion(prompt: string): Instruction | undefined {
  const all = splitSentences(withoutAnswerMark(prompt).replace(TEXT_MARK_BEFORE, ''))
  const at = [all.length - 1, 0].find((index) => isQuestion(all[index] ?? ''))
  if (at === undefined) return undefined
  return { kind: 'question', question: all[at] ?? '', sentences: all.filter((_, index) => index !== at) }
}

function isQuestion(sentence: string): boolean {
  return sentence.length <= QUESTION_LENGTH_MAX && /[?？]["'”’)]*$/.test(sentence)
}

function withoutAnswerMark(text: string): string {
  const tail = text.slice(-EDGE_LENGTH)
  const mark = ANSWER_MARK_AFTER.exec(tail)
  return mark === null ? text : text.slice(0, text.length - tail.length + mark.index)
}

/** The count in "in two sentences"; other numbers of an instruction mean something else. */
function sentencesIn(instruction: string): number | undefined {
  const word = /(\w+)\s+sentences?/i.exec(instruction)?.[1]
  return word === undefined ? undefined : numberIn(word)
}

function numberIn(instruction: string): number | undefined {
  const digits = /\b[1-9]\d?\b/.exec(instruction)?.[0]
  if (digits !== undefined) return Number(digits)
  const words: readonly string[] = instruction.toLowerCase().split(/\W+/)
  const index = NUMBER_WORDS.findIndex((word) => words.includes(word))
  return index === -1 ? undefined : index + 1
}
