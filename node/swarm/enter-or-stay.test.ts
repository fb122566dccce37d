import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createNobleSigner } from '../../protocol/crypto/noble-signer.ts'
import { swarmIdOf } from '../../protocol/swarm/charter.ts'
import { OPEN_SWARM } from '../../protocol/swarm/invitation-text.ts'
import { dataFolder } from '../config/data-folder.ts'
import { readJoining, writeJoining } from '../config/join-files.ts'
import { createTestedFolder } from '../store/backup/testing-backup.ts'
import { enterOrStay } from './enter-or-stay.ts'

const member = createNobleSigner(new Uint8Array(32).fill(2)).id
/** Nobody is asked: a port of this machine on which nothing listens. */
const dial = [{ peer: member, addresses: ['/ip4/127.0.0.1/tcp/9'] }]
const { signal } = new AbortController()

async function memberFolder() {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-stay-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const folder = dataFolder(root)
  const { charter, store } = await createTestedFolder(folder.root, { records: 1 })
  await store.close()
  return { folder, swarm: swarmIdOf(charter) }
}

it('a member that is given an invitation into its own swarm stays what it is, and says so', async () => {
  const { folder, swarm } = await memberFolder()
  const said = await enterOrStay({ folder, invitation: OPEN_SWARM.write({ swarm, dial }), signal })
  expect(said).toContain(`a member of "tested" (${swarm}) already`)
  expect(said).toContain("isn't redeemed")
  expect(await readJoining(folder)).toBeUndefined()
})

it('one that is given an invitation into another swarm is told what to do', async () => {
  const { folder } = await memberFolder()
  const invitation = OPEN_SWARM.write({ swarm: 'ab'.repeat(32) as never, dial })
  const error = await enterOrStay({ folder, invitation, signal }).catch((failure: unknown) => failure)
  expect(error).toMatchObject({ code: 'join_other_swarm' })
  expect(String(error)).toMatch(/"tested".*--data.*hyperlooms reset/)
})

it('a join that was begun is gone on with, without a word where there is none', async () => {
  const { folder, swarm } = await memberFolder()
  expect(await enterOrStay({ folder, invitation: undefined, signal })).toBeUndefined()
  await writeJoining(folder, OPEN_SWARM.write({ swarm, dial }))
  const error = await enterOrStay({ folder, invitation: undefined, signal }).catch(
    (failure: unknown) => failure,
  )
  expect(error).toMatchObject({ code: 'join_unreachable' })
})
