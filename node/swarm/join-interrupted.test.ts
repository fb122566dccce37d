import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createNobleSigner } from '../../protocol/crypto/noble-signer.ts'
import { createNobleVerifier } from '../../protocol/crypto/noble-verifier.ts'
import { OPEN_SWARM } from '../../protocol/swarm/invitation-text.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { explainError } from '../cli/output.ts'
import { dataFolder } from '../config/data-folder.ts'
import { readJoining } from '../config/join-files.ts'
import { joinSwarm } from './join-swarm.ts'

const signerOf = (seed: Uint8Array) => createNobleSigner(seed)
const peer = signerOf(new Uint8Array(32).fill(1))
const member = signerOf(new Uint8Array(32).fill(2)).id
const text = OPEN_SWARM.write({
  swarm: 'ab'.repeat(32) as never,
  dial: [{ peer: member, addresses: ['/ip4/192.0.2.1/tcp/4001'] }],
})

it('a join that is interrupted says so in one sentence, and is kept for the next start', async () => {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-interrupted-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const controller = new AbortController()
  const joining = joinSwarm({
    folder: dataFolder(root),
    text,
    peer,
    signerOf,
    secretOf: () => new Uint8Array(32).fill(3),
    verifier: createNobleVerifier(),
    ask({ signal }) {
      controller.abort()
      return Promise.reject(signal.reason)
    },
    signal: controller.signal,
  })
  const { message, exitCode } = explainError(await joining.catch((error: unknown) => error))
  expect(exitCode).toBe(EXIT.interrupted)
  expect(message).toMatch(/^Interrupted: .*kept.*goes on with it\.$/)
  expect((await readJoining(dataFolder(root)))?.trim()).toBe(text)
})
