import type { PairCase } from './pair-case.ts'

const PYTHON =
  'def total(items):\n    result = 0\n    for item in items:\n        result += item\n    return result'

/** Answers that are a number, a choice, JSON or code, and pairs under `exact`. */
export const SHAPED_PAIRS: readonly PairCase[] = [
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
