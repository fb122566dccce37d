import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createNobleSigner } from '../../protocol/crypto/noble-signer.ts'
import { createNobleVerifier } from '../../protocol/crypto/noble-verifier.ts'
import { OPEN_SWARM } from '../../protocol/swarm/invitation-text.ts'
import { swarmIdOf } from '../../protocol/swarm/charter.ts'
import { dataFolder } from '../config/data-folder.ts'
import { readJoining } from '../config/join-files.ts'
import { NetworkError, type NetworkErrorCode } from '../network/network.ts'
import { createTestedFolder } from '../store/backup/testing-backup.ts'
import { joinSwarm } from './join-swarm.ts'

const peer = createNobleSigner(new Uint8Array(32).fill(1))
const member = createNobleSigner(new Uint8Array(32).fill(2)).id
const ELSEWHERE = 'ab'.repeat(32)

async function newFolder() {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-elsewhere-'))
  onTestFinished(() => rm(root, { recursive: true }))
  return dataFolder(root)
}

interface Attempt {
  readonly folder: ReturnType<typeof dataFolder>
  readonly swarm?: string
  readonly isNewcomer?: boolean
  readonly fails?: NetworkErrorCode
}

/** What a join ends with where the one member of the invitation gives no answer for this reason. */
function attempt({ folder, swarm = ELSEWHERE, isNewcomer = false, fails = 'unreachable' }: Attempt) {
  const dial = [{ peer: member, addresses: ['/ip4/192.0.2.1/tcp/4001'] }]
  return joinSwarm({
    folder,
    text: OPEN_SWARM.write({ swarm: swarm as never, dial }),
    peer,
    signerOf: createNobleSigner,
    secretOf: () => new Uint8Array(32).fill(3),
    verifier: createNobleVerifier(),
    ask: () => Promise.reject(new NetworkError(fails, 'no answer')),
    signal: new AbortController().signal,
    isNewcomer,
  }).catch((error: unknown) => error)
}

it.each<[NetworkErrorCode, string, RegExp]>([
  [
    'swarm_unknown',
    'join_untrusted',
    /^Not joined: the peers at .*192\.0\.2\.1.* answer, and belong to another swarm/,
  ],
  ['unreachable', 'join_unreachable', /^Not joined yet: Nobody answers at .*192\.0\.2\.1/],
])('a member that is %s is told as that, with the ways out', async (fails, code, words) => {
  const folder = await newFolder()
  const error = await attempt({ folder, fails })
  expect(error).toMatchObject({ code })
  expect(String(error).replace('JoinError: ', '')).toMatch(words)
  expect(String(error)).toMatch(/up --join.*hyperlooms reset/)
  expect(await readJoining(folder)).toBeDefined()
})

it('a member of the swarm is not made one again unless that is wanted, and keeps no invitation', async () => {
  const folder = await newFolder()
  const { charter, store } = await createTestedFolder(folder.root, { records: 1 })
  await store.close()
  const swarm = swarmIdOf(charter)
  expect(await attempt({ folder, swarm, isNewcomer: true })).toMatchObject({
    code: 'join_member_already',
    message: expect.stringContaining(`"tested" (${swarm}) already`),
  })
  expect(await readJoining(folder)).toBeUndefined()
  expect(await attempt({ folder, swarm })).toMatchObject({ code: 'join_unreachable' })
})

it('a folder of another swarm is told with both ways out', async () => {
  const folder = await newFolder()
  const { store } = await createTestedFolder(folder.root, { records: 1 })
  await store.close()
  const error = await attempt({ folder, isNewcomer: true })
  expect(error).toMatchObject({ code: 'join_other_swarm' })
  expect(String(error)).toMatch(/"tested".*--data.*hyperlooms reset/)
})
