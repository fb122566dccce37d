import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { pino } from 'pino'
import { EXIT } from '../cli/exit-codes.ts'
import { explainError } from '../cli/output.ts'
import { resolveConfig } from '../config/config.ts'
import { dataFolder } from '../config/data-folder.ts'
import { startDaemon } from '../daemon.ts'
import { enterSwarm } from '../swarm/enter-swarm.ts'
import { createTestedFolder } from './backup/testing-backup.ts'
import { loadOrCreateIdentity } from './keystore.ts'
import { lostPart } from './lost-parts.ts'

async function newRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-lost-'))
  onTestFinished(() => rm(root, { recursive: true }))
  return root
}

/** What is missing after `names` were removed from the folder of a peer that has lived. */
async function without(...names: readonly string[]) {
  const root = await newRoot()
  const { folder } = await createTestedFolder(root, { records: 5 })
  for (const name of names) await rm(join(root, name), { recursive: true })
  return { folder, code: (await lostPart(folder))?.code }
}

it('a peer that has lived lacks nothing, and neither does a folder without one', async () => {
  expect((await without()).code).toBeUndefined()
  const empty = dataFolder(await newRoot())
  expect(await lostPart(empty)).toBeUndefined()
  await loadOrCreateIdentity(empty.root)
  expect(await lostPart(empty)).toBeUndefined()
})

it('a key or a charter that is gone is told by what lies beside it', async () => {
  expect((await without('identity.key')).code).toBe('identity_lost')
  expect((await without('identity.key', 'store')).code).toBe('identity_lost')
  expect((await without('identity.key', 'charter.cbor')).code).toBe('identity_lost')
  expect((await without('charter.cbor')).code).toBe('charter_lost')
  const { folder, code } = await without('charter.cbor', 'store')
  expect(code).toBeUndefined()
  await writeFile(folder.joined, 'a join')
  expect((await lostPart(folder))?.code).toBe('charter_lost')
  expect(await lostPart(folder, { isJoining: true })).toBeUndefined()
  await writeFile(folder.joining, 'a join that goes on')
  expect(await lostPart(folder)).toBeUndefined()
})

it.each([
  ['identity.key', 'put the key back'],
  ['charter.cbor', 'copy it from another member'],
])('without %s neither a start nor a join makes another one', async (name, remedy) => {
  const { folder } = await without(name)
  const config = resolveConfig({
    flags: { apiPort: '0', providers: 'reference' },
    environment: {},
    file: {},
    filePath: '',
  })
  const logger = pino({ level: 'silent' })
  const refused = { exitCode: EXIT.cannotStart, message: expect.stringContaining(remedy) }
  const start = startDaemon({ folder, config, webRoot: undefined, version: 'test', logger })
  expect(explainError(await start.catch((error: unknown) => error))).toEqual(refused)
  await writeFile(folder.joining, 'hl1nonsense')
  const { signal } = new AbortController()
  const { OPEN_SWARM } = await import('../../protocol/swarm/invitation-text.ts')
  const invitation = OPEN_SWARM.write({ swarm: 'ab'.repeat(32) as never, dial: [] })
  const join = enterSwarm({ folder, invitation, signal })
  expect(explainError(await join.catch((error: unknown) => error))).toEqual(refused)
})
