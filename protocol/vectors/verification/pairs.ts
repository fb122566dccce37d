import type { Comparator } from '../../verification/comparator.ts'
import type { Comparison, FindingKind } from '../../verification/finding.ts'

/** A pair of answers and what a person says of it: the table that tests and golden vectors are made from. */
export interface PairCase {
  readonly name: string
  readonly a: string
  readonly b: string
  readonly verdict: Comparison['verdict']
  readonly kind?: FindingKind
  readonly comparator?: Comparator
}

const LOOM =
  'The loom was built in 1804 by a weaver in Lyon. It reads its pattern from punched cards. ' +
  'Each card holds one row of the cloth, and 24 of them are sewn into a chain. The loom is not driven by steam.'
const INVENTED = 'Critics accused the weaver of stealing his drawings from a rival workshop in Florence.'
const PYTHON =
  'def total(items):\n    result = 0\n    for item in items:\n        result += item\n    return result'

export const PAIRS: readonly PairCase[] = [
  { name: 'identical', a: LOOM, b: LOOM, verdict: 'agree' },
  {
    name: 'case, white space and Markdown',
    a: LOOM,
    b: `## ANSWER\n\n**${LOOM.replaceAll('. ', '.\n\n')}**`,
    verdict: 'agree',
  },
  {
    name: 'bullets',
    a: '- Silk is light.\n- Wool is warm.',
    b: 'Silk is light. Wool is warm.',
    verdict: 'agree',
  },
  {
    name: 'numbered list',
    a: '1. Silk is light.\n2. Wool is warm.',
    b: 'Silk is light.\nWool is warm.',
    verdict: 'agree',
  },
  {
    name: 'courtesies',
    a: `Sure, here is the summary you asked for:\n\n${LOOM}\n\nI hope this helps! Let me know if you have any questions.`,
    b: LOOM,
    verdict: 'agree',
  },
  { name: 'thousands', a: 'It holds 1,000 cards.', b: 'It holds 1000 cards.', verdict: 'agree' },
  { name: 'percent', a: 'It fell by 50%.', b: 'It fell by 50 percent.', verdict: 'agree' },
  {
    name: 'number words',
    a: 'There are three looms and twenty-three cards.',
    b: 'There are 3 looms and 23 cards.',
    verdict: 'agree',
  },
  {
    name: 'long number words',
    a: 'It took two hundred and five days and two million threads.',
    b: 'It took 205 days and 2,000,000 threads.',
    verdict: 'agree',
  },
  { name: 'amounts', a: 'It costs $2.50.', b: 'It costs 2.5 dollars.', verdict: 'agree' },
  { name: 'contraction', a: "It isn't driven by steam.", b: 'It is not driven by steam.', verdict: 'agree' },
  {
    name: 'typographic marks',
    a: 'The weaver’s “chain” – sewn by hand',
    b: 'The weaver\'s "chain" - sewn by hand',
    verdict: 'agree',
  },
  { name: 'compatibility forms', a: 'Ｔｈｅ ﬁrst café', b: 'The first cafe\u0301', verdict: 'agree' },
  {
    name: 'invisible characters',
    a: 'The lo\u200bom\ufeff is o\u00adld',
    b: 'The loom is old',
    verdict: 'agree',
  },
  { name: 'Cyrillic look-alikes', a: 'The сlоth is red', b: 'The cloth is red', verdict: 'agree' },
  { name: 'both empty', a: '', b: ' \n\n', verdict: 'agree' },

  { name: 'changed year', a: LOOM, b: LOOM.replace('1804', '1840'), verdict: 'disagree', kind: 'number' },
  {
    name: 'changed number word',
    a: LOOM,
    b: LOOM.replace('24', 'twenty-five'),
    verdict: 'disagree',
    kind: 'number',
  },
  {
    name: 'exchanged numbers',
    a: 'Silk costs 3 and wool costs 5 coins.',
    b: 'Silk costs 5 and wool costs 3 coins.',
    verdict: 'disagree',
    kind: 'number',
  },
  {
    name: 'ordinal',
    a: 'It was the 17th loom of the town.',
    b: 'It was the 18th loom of the town.',
    verdict: 'disagree',
    kind: 'number',
  },
  {
    name: 'dropped negation',
    a: LOOM,
    b: LOOM.replace('is not driven', 'is driven'),
    verdict: 'disagree',
    kind: 'negation',
  },
  {
    name: 'added negation',
    a: LOOM,
    b: LOOM.replace('It reads', 'It never reads'),
    verdict: 'disagree',
    kind: 'negation',
  },
  {
    name: 'negation by contraction',
    a: 'The cloth can be washed in hot water.',
    b: "The cloth can't be washed in hot water.",
    verdict: 'disagree',
    kind: 'negation',
  },
  {
    name: 'negations exchanged between sentences',
    a: 'Silk does not shrink when it is washed. Wool does shrink when it is washed.',
    b: 'Silk does shrink when it is washed. Wool does not shrink when it is washed.',
    verdict: 'disagree',
    kind: 'negation',
  },
  { name: 'invented sentence', a: LOOM, b: `${LOOM} ${INVENTED}`, verdict: 'disagree', kind: 'content' },
  {
    name: 'invented sentence in the middle',
    a: LOOM,
    b: LOOM.replace('It reads', `${INVENTED} It reads`),
    verdict: 'disagree',
    kind: 'content',
  },
  {
    name: 'exchanged roles',
    a: 'The weaver paid the merchant before the fair began.',
    b: 'The merchant paid the weaver before the fair began.',
    verdict: 'disagree',
    kind: 'content',
  },
  {
    name: 'refusal',
    a: LOOM,
    b: "I'm sorry, but I can't help with that.",
    verdict: 'disagree',
    kind: 'refusal',
  },
  {
    name: 'refusal before the answer',
    a: LOOM,
    b: `As an AI language model, I am unable to provide this. ${LOOM}`,
    verdict: 'disagree',
    kind: 'refusal',
  },
  { name: 'empty against an answer', a: '', b: LOOM, verdict: 'disagree', kind: 'empty' },
  {
    name: 'another subject',
    a: LOOM,
    b: 'Photosynthesis happens inside chloroplasts, where green pigments absorb sunlight, split water molecules, release oxygen gas, and store chemical energy as sugar.',
    verdict: 'disagree',
    kind: 'unrelated',
  },

  {
    name: 'negation beside a synonym',
    a: 'The weaver finished the red cloth and did not sell it at the fair.',
    b: 'The weaver completed the red cloth and did sell it at the fair.',
    verdict: 'disagree',
    kind: 'negation',
  },
  {
    name: 'moved negator',
    a: 'The red cloth is not always sold here at the fair.',
    b: 'The red cloth is always sold here not at the fair.',
    verdict: 'unsure',
  },
  { name: 'half a courtesy', a: 'Sure it is, red', b: 'red', verdict: 'unsure' },
  {
    name: 'commutative exchange around an article',
    a: 'In town they sell the silk and the wool today.',
    b: 'In town they sell the wool and the silk today.',
    verdict: 'unsure',
  },
  {
    name: 'synonym',
    a: 'The weaver finished the cloth.',
    b: 'The weaver completed the cloth.',
    verdict: 'unsure',
  },
  { name: 'double flip', a: 'The matter is not big.', b: 'The matter is little.', verdict: 'unsure' },
  {
    name: 'commutative exchange',
    a: 'Silk and wool are sold at the fair.',
    b: 'Wool and silk are sold at the fair.',
    verdict: 'unsure',
  },
  {
    name: 'passive',
    a: 'The loom is used by the weaver.',
    b: 'The weaver used the loom.',
    verdict: 'unsure',
  },
  {
    name: 'version or amount',
    a: 'It needs release 1.10 of the tool.',
    b: 'It needs release 1.1 of the tool.',
    verdict: 'unsure',
  },

  {
    name: 'denial dressed as a courtesy',
    a: 'Here is the wrong answer: 4 looms',
    b: '4 looms',
    verdict: 'unsure',
  },
  {
    name: 'choice dressed as a list number',
    a: '2. Lyon',
    b: '3. Lyon',
    verdict: 'disagree',
    kind: 'number',
  },
  {
    name: 'superscript is no digit',
    a: 'about 10² threads',
    b: 'about 102 threads',
    verdict: 'disagree',
    kind: 'number',
  },
  { name: 'prime is no quotation mark', a: "f'(x) = 2x", b: 'f(x) = 2x', verdict: 'unsure' },
  { name: 'factorial is no exclamation', a: 'The count is n!', b: 'The count is n', verdict: 'unsure' },
  { name: 'brackets carry meaning', a: '(a + b) * c', b: 'a + b * c', verdict: 'unsure' },
  {
    name: 'answer hidden in the name of a fence',
    a: '```yes\n```',
    b: '```no\n```',
    verdict: 'disagree',
    kind: 'content',
  },
  {
    name: 'answer hidden behind a fence',
    a: '~~~ it is 5',
    b: '~~~ it is 6',
    verdict: 'disagree',
    kind: 'number',
  },
  { name: 'lone surrogates', a: 'odd \ud800 mark', b: 'odd \udc00 mark', verdict: 'unsure' },

  { name: 'number', a: '42', b: '**42**.', verdict: 'agree' },
  { name: 'other number', a: '42', b: '43', verdict: 'disagree', kind: 'number' },
  { name: 'other sign', a: '-42', b: '42', verdict: 'disagree', kind: 'number' },
  { name: 'option', a: 'B', b: 'Option (b).', verdict: 'agree' },
  { name: 'other option', a: 'B', b: 'C', verdict: 'disagree', kind: 'content' },
  { name: 'option as text', a: 'B', b: 'C', verdict: 'unsure', comparator: 'text' },
  { name: 'yes and no', a: 'Yes.', b: 'No.', verdict: 'disagree', kind: 'content' },

  {
    name: 'JSON in another order',
    a: '{"a": 1.0, "b": ["x", null]}',
    b: 'Here is the JSON:\n```json\n{"b":["x",null],"a":1}\n```',
    verdict: 'agree',
  },
  { name: 'JSON value', a: '{"count": 10}', b: '{"count": 11}', verdict: 'disagree', kind: 'number' },
  {
    name: 'JSON long number',
    a: '[12345678901234567890]',
    b: '[12345678901234567891]',
    verdict: 'disagree',
    kind: 'number',
  },
  { name: 'JSON literal', a: '{"ok": true}', b: '{"ok": false}', verdict: 'disagree', kind: 'structure' },
  {
    name: 'JSON missing member',
    a: '{"a": 1, "b": 2}',
    b: '{"a": 1}',
    verdict: 'disagree',
    kind: 'structure',
  },
  { name: 'JSON repeated key', a: '{"a": 1, "a": 2}', b: '{"a": 2}', verdict: 'unsure' },
  {
    name: 'JSON prototype key',
    a: '{"__proto__": 1}',
    b: '{"constructor": 1}',
    verdict: 'disagree',
    kind: 'structure',
  },
  {
    name: 'JSON summary',
    a: '{"s": "The weaver finished the red cloth today."}',
    b: '{"s": "The weaver completed the red cloth today."}',
    verdict: 'unsure',
  },
  {
    name: 'JSON summary with another number',
    a: '{"s": "The weaver finished 4 red cloths today."}',
    b: '{"s": "The weaver finished 5 red cloths today."}',
    verdict: 'disagree',
    kind: 'number',
  },

  {
    name: 'code with other indentation',
    a: PYTHON,
    b: `\`\`\`python\n${PYTHON.replaceAll('    ', '  ')}\n\`\`\``,
    verdict: 'agree',
  },
  {
    name: 'code with another token',
    a: PYTHON,
    b: PYTHON.replace('+=', '-='),
    verdict: 'disagree',
    kind: 'structure',
  },
  {
    name: 'code in another case',
    a: '```\nTotal = 1\n```',
    b: '```\ntotal = 1\n```',
    verdict: 'disagree',
    kind: 'structure',
  },
  {
    name: 'code with a line moved out of its loop',
    a: PYTHON,
    b: PYTHON.replace('    return', '        return'),
    verdict: 'unsure',
    kind: 'structure',
  },
  {
    name: 'space inside a string of code',
    a: '```\nsay("a b")\n```',
    b: '```\nsay("a  b")\n```',
    verdict: 'disagree',
    kind: 'structure',
  },

  {
    name: 'exact: JSON in another order',
    a: '{"a":1,"b":2}',
    b: '{"b":2,"a":1}',
    verdict: 'agree',
    comparator: 'exact',
  },
  { name: 'exact: white space', a: 'red  cloth', b: 'red cloth', verdict: 'agree', comparator: 'exact' },
  {
    name: 'exact: case',
    a: 'Red cloth',
    b: 'red cloth',
    verdict: 'disagree',
    kind: 'content',
    comparator: 'exact',
  },
]
