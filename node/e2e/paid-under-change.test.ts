import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { DrivenProcess } from './driven-process.ts'
import { payUnderChange } from './paid-under-change.ts'

let root: string
let running: readonly DrivenProcess[]
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-change-'))
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((peer) => peer.stop('SIGKILL')))
  await rm(root, { recursive: true, force: true })
})

it('no transfer is lost or doubled while witnesses are added, removed and replaced', async () => {
  const { payments, lost, doubled, looks, epochs } = await payUnderChange(root, {
    perSecond: 50,
    calmMs: 1_000,
    changes: [
      ['add', { add: ['ember'] }],
      ['remove', { remove: ['dune'] }],
      ['replace', { add: ['dune'], remove: ['cobalt'] }],
    ],
    started: (peers) => {
      running = peers
    },
  })
  expect(epochs).toEqual([3, 3, 3, 3, 3])
  for (const { acknowledged, refused } of payments) {
    expect(refused).toEqual([])
    expect(acknowledged.length).toBeGreaterThan(0)
  }
  expect({ lost, doubled }).toEqual({ lost: 0, doubled: 0 })
  expect(new Set(looks.map(({ root: ledger }) => ledger)).size).toBe(1)
  for (const { supply } of looks) {
    const { minted, free, unclaimed, escrowed, burnt } = supply
    expect(free + unclaimed + escrowed + burnt).toBe(minted)
  }
})
