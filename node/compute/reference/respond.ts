import { answerQuestion } from './answer-question.ts'
import { evaluate } from './arithmetic.ts'
import { readInstruction } from './instruction.ts'
import { keyTerms } from './key-terms.ts'
import { summarise } from './summarise.ts'

/** What a reader takes in at a glance. */
const KEY_TERMS_USUAL = 8
const KEY_TERMS_ASIDE = 6

const INTRODUCTION =
  'I am the embedded reference model, a rule-based extractor and not a language model: I can summarise a text, ' +
  'answer a question about a text that comes with it, list keywords and do arithmetic.'

/**
 * The reference model's whole answer: a pure function of the prompt, linear in it.
 *
 * Every change of any output must come with a new `REFERENCE_VERSION`: replicas of one model digest are expected
 * to agree word for word, and `reference-provider.test.ts` pins both together.
 */
export function respond(prompt: string): string {
  const instruction = readInstruction(prompt)
  switch (instruction.kind) {
    case 'empty':
      return `${INTRODUCTION} This prompt has no words to work on.`
    case 'summarise':
      return summarise(instruction.text, instruction.sentences) || aside(prompt)
    case 'keywords':
      return keyTerms(instruction.text, instruction.terms ?? KEY_TERMS_USUAL).join(', ') || aside(prompt)
    case 'calculate': {
      const value = evaluate(instruction.expression)
      return value === undefined ? aside(prompt) : calculation(instruction.expression, value)
    }
    case 'question':
      return replyTo(prompt, instruction.question, instruction.sentences)
    case 'other':
      return aside(prompt)
  }
}

function calculation(expression: string, value: string): string {
  const link = /^(?:undefined|too large)/.test(value) ? 'is' : '='
  return `${expression.replace(/\s+/g, ' ')} ${link} ${value}`
}

function replyTo(prompt: string, question: string, sentences: readonly string[]): string {
  if (sentences.length === 0) return aside(prompt)
  const answer = answerQuestion(question, sentences)
  return (
    answer ?? 'No sentence of the text shares a keyword with the question, so it holds no answer I can find.'
  )
}

/** Says honestly what this is, and gives the little that it can extract. */
function aside(prompt: string): string {
  const terms = keyTerms(prompt, KEY_TERMS_ASIDE)
  return terms.length === 0 ? INTRODUCTION : `${INTRODUCTION} Key terms of this prompt: ${terms.join(', ')}.`
}
