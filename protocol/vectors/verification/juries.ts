import type { Comparator } from '../../verification/comparator.ts'
import type { Answer, ReplicaVerdict, Verdict } from '../../verification/verdict.ts'

/** A set of answers and the verdict a person gives, replicas in the order of their slots. */
export interface JuryCase {
  readonly name: string
  readonly comparator?: Comparator
  readonly answers: readonly Answer[]
  readonly agreement: Verdict['agreement']
  readonly winner: number | null
  readonly outcomes: readonly ReplicaVerdict['outcome'][]
}

const TRUE = 'The loom was built in 1804. It reads its pattern from punched cards and is not driven by steam.'
const LATE = TRUE.replace('1804', '1814')
const STEAM = TRUE.replace('is not', 'is')
const HAIKU = ['Threads cross in moonlight', 'A quiet shuttle at dawn', 'Warp and weft, one breath']

function answer(slot: number, text: string, rest: { voter?: string; trust?: number } = {}): Answer {
  return { slot, text, voter: rest.voter ?? `operator ${slot}`, trust: rest.trust ?? 600_000 }
}

export const JURIES: readonly JuryCase[] = [
  { name: 'one answer', answers: [answer(4, TRUE)], agreement: 'single', winner: 4, outcomes: ['agreed'] },
  {
    name: 'all agree',
    answers: [answer(0, `Sure!\n\n${TRUE}`), answer(1, TRUE), answer(2, `**${TRUE}**`)],
    agreement: 'unanimous',
    winner: 0,
    outcomes: ['agreed', 'agreed', 'agreed'],
  },
  {
    name: 'one liar in the lowest slot',
    answers: [answer(2, TRUE), answer(0, LATE), answer(1, TRUE)],
    agreement: 'majority',
    winner: 1,
    outcomes: ['outvoted', 'agreed', 'agreed'],
  },
  {
    name: 'one paraphrase is unsure, not outvoted',
    answers: [answer(0, TRUE), answer(1, TRUE), answer(2, TRUE.replace('built', 'made'))],
    agreement: 'majority',
    winner: 0,
    outcomes: ['agreed', 'agreed', 'unsure'],
  },
  {
    name: 'two against two',
    answers: [answer(0, TRUE), answer(1, LATE), answer(2, TRUE), answer(3, LATE)],
    agreement: 'split',
    winner: null,
    outcomes: ['unsure', 'unsure', 'unsure', 'unsure'],
  },
  {
    name: 'two trusted against two newcomers',
    answers: [
      answer(0, TRUE, { trust: 900_000 }),
      answer(1, LATE, { trust: 100_000 }),
      answer(2, TRUE, { trust: 900_000 }),
      answer(3, LATE, { trust: 100_000 }),
    ],
    agreement: 'majority',
    winner: 0,
    outcomes: ['agreed', 'outvoted', 'agreed', 'outvoted'],
  },
  {
    name: 'one trusted voice is no majority',
    answers: [answer(0, TRUE, { trust: 999_999 }), answer(1, LATE, { trust: 1 })],
    agreement: 'split',
    winner: null,
    outcomes: ['unsure', 'unsure'],
  },
  {
    name: 'three peers of one operator have one vote',
    answers: [
      answer(0, LATE, { voter: 'crowd' }),
      answer(1, LATE, { voter: 'crowd' }),
      answer(2, LATE, { voter: 'crowd' }),
      answer(3, TRUE),
      answer(4, TRUE),
    ],
    agreement: 'majority',
    winner: 3,
    outcomes: ['outvoted', 'outvoted', 'outvoted', 'agreed', 'agreed'],
  },
  {
    name: 'an operator on both sides votes with its lowest slot',
    answers: [
      answer(0, LATE, { voter: 'both' }),
      answer(1, TRUE, { voter: 'both' }),
      answer(2, TRUE),
      answer(3, TRUE),
      answer(4, LATE),
    ],
    agreement: 'split',
    winner: null,
    outcomes: ['unsure', 'unsure', 'unsure', 'unsure', 'unsure'],
  },
  {
    name: 'creative work',
    answers: HAIKU.map((line, slot) => answer(slot, line)),
    agreement: 'none',
    winner: 2,
    outcomes: ['unsure', 'unsure', 'unsure'],
  },
  {
    name: 'two lies that differ',
    answers: [answer(0, LATE), answer(1, STEAM), answer(2, TRUE), answer(3, TRUE), answer(4, TRUE)],
    agreement: 'majority',
    winner: 2,
    outcomes: ['outvoted', 'outvoted', 'agreed', 'agreed', 'agreed'],
  },
  {
    name: 'numbers by exact comparison',
    comparator: 'exact',
    answers: [answer(0, '1,000'), answer(1, '1000'), answer(2, '100')],
    agreement: 'majority',
    winner: 0,
    outcomes: ['agreed', 'agreed', 'outvoted'],
  },
]
