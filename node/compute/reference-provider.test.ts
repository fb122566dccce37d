import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { acceptProvider } from './provider.acceptance.ts'
import { REFERENCE_MODEL, REFERENCE_VERSION, createReferenceProvider } from './reference-provider.ts'
import { respond } from './reference/respond.ts'

const BEES =
  'Bees are essential to agriculture. About 75 percent of food crops depend on pollinators such as bees. In 2006, ' +
  'beekeepers in the United States began to report that colonies were collapsing. Dr. Jeff Pettis in Beltsville ' +
  "studied the collapse of bee colonies for ten years. He found that pesticides weaken the bees' immune systems. " +
  'The weather was pleasant that summer. Mites spread viruses among colonies of bees. Farmers now plant ' +
  'wildflowers near fields so that bees find food.'

acceptProvider('reference', async () => ({
  provider: createReferenceProvider(),
  model: REFERENCE_MODEL,
  prompt: `Summarise: ${BEES}`,
  close: async () => undefined,
}))

const INTRODUCTION =
  'I am the embedded reference model, a rule-based extractor and not a language model: I can summarise a text, ' +
  'answer a question about a text that comes with it, list keywords and do arithmetic.'

/** What a person sees; judged by eye when it was written down. */
const GOLDEN: readonly (readonly [prompt: string, answer: string])[] = [
  [`Summarise: ${BEES}`, 'Bees are essential to agriculture. Mites spread viruses among colonies of bees.'],
  [`Please summarize the following text in one sentence: ${BEES}`, 'Bees are essential to agriculture.'],
  [`${BEES} TL;DR`, 'Bees are essential to agriculture. Mites spread viruses among colonies of bees.'],
  [
    `${BEES}\n\nSummarise the above in three sentences.`,
    'Bees are essential to agriculture. Dr. Jeff Pettis in Beltsville studied the collapse of bee colonies for ten years. Mites spread viruses among colonies of bees.',
  ],
  [`Key words: ${BEES}`, 'bees, colonies, food, collapsing, essential, agriculture, percent, crops'],
  [`List three keywords of the following text: ${BEES}`, 'bees, colonies, food'],
  [
    `${BEES} Who studied the collapse?`,
    'Dr. Jeff Pettis in Beltsville studied the collapse of bee colonies for ten years.',
  ],
  [
    `Text: ${BEES}\nQuestion: When did beekeepers report collapses?\nAnswer:`,
    'In 2006, beekeepers in the United States began to report that colonies were collapsing.',
  ],
  [
    `Why do farmers plant wildflowers? ${BEES}`,
    'Farmers now plant wildflowers near fields so that bees find food.',
  ],
  [
    `Question: What is the capital of France?\nText: ${BEES}`,
    'No sentence of the text shares a keyword with the question, so it holds no answer I can find.',
  ],
  [
    'Summarise: - First point is bees.\n- Second point is bees and mites.\n- Third is sun.',
    'First point is bees. Second point is bees and mites.',
  ],
  [
    'Summarise: 蜂は農業に不可欠です。花粉を運びます。夏は暑い。蜂は花粉を集めます。',
    '花粉を運びます。 蜂は花粉を集めます。',
  ],
  ['What is 17 * 23?', '17 * 23 = 391'],
  ['Calculate (1 + 2) / 3 - 0.5', '(1 + 2) / 3 - 0.5 = 0.5'],
  ['1/3 + 1/4 =', '1/3 + 1/4 = 7/12 (about 0.583333)'],
  ['What is 15% of 240?', '15 / 100 * 240 = 36'],
  ['2^100', '2^100 = 1267650600228229401496703205376'],
  ['What is 7 divided by 0?', '7 / 0 is undefined (division by zero)'],
  ['9^99999', '9^99999 is too large to write down'],
  ['Write a poem about the sea.', `${INTRODUCTION} Key terms of this prompt: write, poem, sea.`],
  ['...', `${INTRODUCTION} This prompt has no words to work on.`],
]

describe('the reference model', () => {
  it.each(GOLDEN)('answers %j', (prompt, answer) => {
    expect(respond(prompt)).toBe(answer)
  })

  it('keeps its outputs while its version, and so its digest, stays', async () => {
    const outputs = GOLDEN.map(([prompt]) => respond(prompt))
    const pinned = createHash('sha256')
      .update(JSON.stringify([REFERENCE_VERSION, outputs]))
      .digest('hex')
    expect(pinned).toBe('0949303e648060d4b99030987bbd59280d339e0e541d17edea7acd25b5e3cbf3')
    const [model] = await createReferenceProvider().models(new AbortController().signal)
    expect(model?.digest).toBe(createHash('sha256').update(REFERENCE_VERSION).digest('hex'))
  })

  it('says that it is no language model when it can not help', () => {
    expect(respond('Write a poem about the sea.')).toMatch(/not a language model/)
  })
})
