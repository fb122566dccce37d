import { expect, it } from 'vitest'
import { NO_CHANGE } from '../../protocol/epoch/change-view.ts'
import { fourWitnesses } from '../../protocol/swarm/testing-swarm.ts'
import { changeWords } from './change-words.ts'

const { roster, ids } = fourWitnesses()
const order = { number: 1, governance: roster.governance }
const nameOf = (peer: string) => `<${peer}>`
const level = { ...NO_CHANGE, isLevel: true }

it('says nothing where no change is under way', () => {
  expect(changeWords(level, nameOf)).toEqual([])
})

it('names who has to agree, and says when this witness has stopped for the change', () => {
  const missing = ids.slice(1, 2)
  expect(changeWords({ ...level, order, missing }, nameOf)).toEqual([
    `Epoch 1 is ordered, with 4 witnesses. It waits until these agree to witness, each by "hyperlooms swarm accept": <${missing.join()}>.`,
  ])
  expect(changeWords({ ...level, order, stoppedMs: 5 }, nameOf)).toEqual([
    'Epoch 1 is ordered, with 4 witnesses. This witness certifies nothing else until that is decided.',
  ])
})

it('says that a peer is behind, order or not', () => {
  expect(changeWords({ ...level, isLevel: false }, nameOf)).toHaveLength(1)
  expect(changeWords({ ...level, isLevel: false, astray: ['a'] }, nameOf)).toEqual([
    expect.stringContaining('starts again by itself'),
  ])
  expect(changeWords({ ...level, isLevel: false, order }, nameOf)).toHaveLength(2)
})
