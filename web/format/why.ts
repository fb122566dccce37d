import type { Answer, Finding, Job } from '../../protocol/api/job-schema.ts'
import type { Span } from './spans.ts'

/** A quote longer than this is cut; the place is marked in the text anyway. */
const QUOTE_CHARACTERS_MAX = 72

interface Sides {
  readonly own: string
  readonly other: string
}

function quote(text: string | null, { start, end }: Span): string {
  const part = (text ?? '').slice(start, end).replace(/\s+/g, ' ').trim()
  if (part === '') return ''
  const characters = [...part]
  return characters.length <= QUOTE_CHARACTERS_MAX
    ? `“${part}”`
    : `“${characters.slice(0, QUOTE_CHARACTERS_MAX).join('').trimEnd()}…”`
}

/** What stands here and what stands there, whichever of the two is there at all. */
function contrast({ own, other }: Sides, noun: string): string {
  if (own !== '' && other !== '') return `${noun}: it says ${own} where the merged answer says ${other}.`
  if (own !== '') return `${noun}: it says ${own}, which the merged answer doesn't.`
  if (other !== '') return `${noun}: it leaves out ${other}.`
  return `${noun} than in the merged answer.`
}

const SENTENCES: Readonly<Record<Finding['kind'], (sides: Sides) => string>> = {
  number: (sides) => contrast(sides, 'A different number'),
  negation: (sides) => contrast(sides, 'The opposite claim'),
  content: (sides) => contrast(sides, 'Different content'),
  structure: () => "A different structure: the parts don't match those of the merged answer.",
  refusal: ({ own }) =>
    own === ''
      ? 'A refusal: the merged answer declines, this one answers.'
      : `A refusal: it declines to answer (${own}).`,
  unrelated: () => 'Unrelated: it shares next to nothing with the merged answer.',
  empty: () => 'Empty: there is nothing in it.',
}

export function findingSentence(finding: Finding, answer: string | null, output: string | null): string {
  const sides = { own: quote(answer, finding.own), other: quote(output, finding.other) }
  return SENTENCES[finding.kind](sides)
}

/** What an outcome means for the node, before any finding. */
export function outcomeSentence(
  { outcome, findings }: Answer,
  { output, cancelled_at: cancelledAt }: Pick<Job, 'output' | 'cancelled_at'>,
): string {
  const hasOutput = output !== null
  if (outcome === 'silent') {
    return cancelledAt === null
      ? 'It gave no answer in time, so it is paid nothing.'
      : 'It had given no answer when the job was cancelled, so it is paid nothing.'
  }
  if (outcome === 'agreed')
    return findings.length === 0 ? 'It says the same.' : 'It says the same, in other words.'
  if (outcome === 'unsure') {
    return hasOutput
      ? 'Rules alone could not tell whether it says the same, so it neither confirms nor counts against.'
      : 'No majority says the same as it does.'
  }
  return findings.length === 0 ? 'The majority says something else.' : 'The majority says something else:'
}

/** Sentences that say why, each once; many findings of one kind without quotes would repeat themselves. */
export function whySentences(answer: Answer, output: string | null): readonly string[] {
  if (answer.outcome === 'silent') return []
  return [...new Set(answer.findings.map((finding) => findingSentence(finding, answer.answer, output)))]
}
