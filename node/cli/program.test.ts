import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ApiError } from '../../protocol/api/client.ts'
import { EXIT } from './exit-codes.ts'
import { CommandError, errorDocument } from './output.ts'
import { runProgram } from './program.ts'

let said: string
let data: string
beforeEach(async () => {
  said = ''
  data = await mkdtemp(join(tmpdir(), 'hyperlooms-program-'))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text)
    return true
  })
})
afterEach(async () => {
  vi.restoreAllMocks()
  process.exitCode = undefined
  await rm(data, { recursive: true })
})

it.each([
  ['a mistyped option', ['status', '--jason', '--json'], EXIT.usage, 'usage', /unknown option/],
  ['no peer', ['status', '--json', '--data'], EXIT.unavailable, 'unavailable', /./],
] as const)('tells a program of %s as one JSON document', async (_, args, exitCode, code, words) => {
  await runProgram(args.at(-1) === '--data' ? [...args, data] : args)
  expect(process.exitCode).toBe(exitCode)
  const document: unknown = JSON.parse(said)
  expect(document).toMatchObject({ code, message: expect.stringMatching(words) })
})

it('tells a person in words', async () => {
  await runProgram(['status', '--jason'])
  expect(said).toContain("error: unknown option '--jason'")
})

it('names the code of the peer, or what the exit code is called', () => {
  expect(errorDocument(new CommandError('no', EXIT.unavailable)).code).toBe('unavailable')
  const refused = new ApiError({ code: 'not_an_operator', status: 403, detail: 'no', requestId: null })
  expect(errorDocument(refused).code).toBe('not_an_operator')
})
