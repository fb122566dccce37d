import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createNobleSigner } from '../../protocol/crypto/noble-signer.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { dataFolder } from '../config/data-folder.ts'
import { ownRules } from '../config/lexicon.ts'
import { writePages } from '../network/address-file.ts'
import { foundSwarm } from '../swarm/founding.ts'
import { knowsOthers } from './other-members.ts'

const idOf = (fill: number) => createNobleSigner(new Uint8Array(32).fill(fill)).id
const [self, other] = [idOf(1), idOf(2)]
const ADDRESS = `/ip4/192.0.2.1/tcp/4001/p2p/${other}`

async function newFolder() {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-others-'))
  onTestFinished(() => rm(root, { recursive: true }))
  return dataFolder(root)
}

async function foundedBy(first: PeerId, ...more: readonly PeerId[]) {
  const founder = (peer: PeerId) => ({ peer, operator: 'village' })
  return foundSwarm({
    name: 'village',
    founders: [founder(first), ...more.map(founder)],
    rules: await ownRules(),
  })
}

it('who founded a swarm alone and has met nobody knows nobody', async () => {
  const charter = await foundedBy(self)
  const folder = await newFolder()
  expect(await knowsOthers(folder, { charter, self, bootstrap: [] })).toBe(false)
  await writeFile(folder.addresses, writePages([{ peer: self, addresses: [] }]))
  expect(await knowsOthers(folder, { charter, self, bootstrap: [] })).toBe(false)
  expect(await knowsOthers(folder, { charter, self, bootstrap: [ADDRESS] })).toBe(true)
})

it('who founded it with others, or was let in by its one founder, knows them', async () => {
  const folder = await newFolder()
  expect(await knowsOthers(folder, { charter: await foundedBy(self, other), self, bootstrap: [] })).toBe(true)
  expect(await knowsOthers(folder, { charter: await foundedBy(other), self, bootstrap: [] })).toBe(true)
})

it('a charter that names only oneself says nothing against having joined, or having met a member', async () => {
  const charter = await foundedBy(self)
  const joined = await newFolder()
  await writeFile(joined.joined, 'damaged as well')
  expect(await knowsOthers(joined, { charter, self, bootstrap: [] })).toBe(true)
  const met = await newFolder()
  const known = { text: ADDRESS, source: 'self', provedMs: 1, failures: 0 } as const
  await writeFile(met.addresses, writePages([{ peer: other, addresses: [known] }]))
  expect(await knowsOthers(met, { charter, self, bootstrap: [] })).toBe(true)
})
