import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SwarmId } from '../../protocol/ids.ts'
import { OPEN_SWARM } from '../../protocol/swarm/invitation-text.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { listKeys } from '../store/keystore-keys.ts'
import { setPassphrase } from '../store/keystore-passphrase.ts'
import { NO_PASSPHRASES } from '../store/passphrases.ts'
import { commandLine, type RunningCommand, runCommand, startCommand } from './command-line.ts'
import { requireComponent } from './require-component.ts'

const PASSPHRASE = 'correct horse battery'
const PEER = ['--api-port', '0', '--web', 'false', '--log-level', 'silent']

let root: string
let folder: string
let file: string
let running: RunningCommand | undefined

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-passphrase-'))
  folder = join(root, 'peer')
  file = join(root, 'passphrase')
  await writeFile(file, `${PASSPHRASE}\n`, { mode: 0o600 })
})
afterEach(async () => {
  running?.child.kill('SIGKILL')
  await running?.ended
  running = undefined
  await rm(root, { recursive: true })
})

/** Resolves with the first line that has the words; rejects with what was said when it ends before. */
function line(command: RunningCommand, words: string): Promise<string> {
  const found = Promise.withResolvers<string>()
  let said = ''
  command.child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    const whole = said.split('\n').find((each) => each.includes(words))
    if (whole !== undefined) found.resolve(whole)
  })
  void command.ended.then(({ stdout, stderr }) => found.reject(new Error(`${stdout}${stderr}`)))
  return found.promise
}

/** Starts the peer and stops it again in good order. */
async function upAndDown(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  running = startCommand(['up', '--data', folder, ...PEER, ...args], environment)
  const said = await line(running, 'runs at')
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(EXIT.ok)
  return said
}

describe('a peer whose key is sealed', () => {
  it('joins a swarm with the file, by flag or environment, and not without', async () => {
    await loadOrCreateIdentity(folder)
    await setPassphrase(folder, PASSPHRASE, NO_PASSPHRASES)
    const [key] = await listKeys(folder)
    if (key === undefined) throw new Error('it has a key')
    // Nobody is there: a join that gets as far as that has opened the key.
    const dial = [{ peer: key.file.id, addresses: ['/ip4/127.0.0.1/tcp/1'] }]
    const text = OPEN_SWARM.write({ swarm: 'ab'.repeat(32) as SwarmId, dial })
    const args = ['swarm', 'join', text, '--data', folder]
    const byFlag = await runCommand([...args, '--passphrase-file', file])
    expect([byFlag.code, byFlag.stderr]).toEqual([
      EXIT.unavailable,
      expect.stringContaining('Nobody answers'),
    ])
    const byEnvironment = await runCommand(args, { HYPERLOOMS_PASSPHRASE_FILE: file })
    expect(byEnvironment.code).toBe(EXIT.unavailable)
    expect((await runCommand(args)).code).toBe(EXIT.usage)
  })

  it('starts with the file that its first start was given, by flag or environment, and not without', async () => {
    const first = await upAndDown(['--passphrase-file', file])
    expect((await listKeys(folder)).map((key) => key.file.form)).toEqual(['sealed'])
    const peer = /12D3\w+/.exec(first)?.[0]
    expect(await upAndDown([], { HYPERLOOMS_PASSPHRASE_FILE: file })).toContain(peer)

    const without = await runCommand(['up', '--data', folder, ...PEER])
    expect(without.code).toBe(EXIT.usage)
    expect(without.stderr).toMatch(/sealed by a passphrase\. Start on a terminal.*--passphrase-file/)
    await writeFile(file, 'another passphrase\n')
    const wrong = await runCommand(['up', '--data', folder, ...PEER, '--passphrase-file', file])
    expect(wrong.code).toBe(EXIT.usage)
    expect(wrong.stderr).toMatch(/passphrase doesn't open the key .*identity\.key/)
  })
})

it('a swarm is founded with a key that is sealed, and reset leaves what a restore moved aside', async () => {
  await loadOrCreateIdentity(folder)
  await setPassphrase(folder, PASSPHRASE, NO_PASSPHRASES)
  const init = ['swarm', 'init', '--name', 'Dune', '--data', folder]
  expect((await runCommand(init)).code).toBe(EXIT.usage)
  const founded = await runCommand([...init, '--passphrase-file', file])
  expect(founded.code, founded.stderr).toBe(EXIT.ok)
  await mkdir(join(folder, 'replaced-2026'))
  const reset = await runCommand(['reset', '--data', folder, '--keys', '--delete', '--yes'])
  expect(reset.code, reset.stderr).toBe(EXIT.ok)
  expect(await readdir(folder)).toContain('replaced-2026')
  expect(await listKeys(folder)).toEqual([])
})

describe('on a terminal', () => {
  /** Answers each prompt once it is there, and resolves with all that the terminal showed. */
  async function converse(
    script: string,
    args: readonly string[],
    answers: readonly (readonly [prompt: string, answer: string])[],
  ): Promise<{ readonly code: number | null; readonly shown: string }> {
    const command = commandLine(args)
      .map((part) => `'${part}'`)
      .join(' ')
    const child = spawn(script, ['-qec', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, HYPERLOOMS_ACCEPT_TERMS: 'true' },
    })
    const left = [...answers]
    let shown = ''
    let from = 0
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString()
      const [next] = left
      const at = next === undefined ? -1 : shown.indexOf(next[0], from)
      if (next === undefined || at < 0) return
      from = at + next[0].length
      left.shift()
      child.stdin.write(next[1])
    })
    const ended = Promise.withResolvers<number | null>()
    child.once('close', (code) => ended.resolve(code))
    return { code: await ended.promise, shown }
  }

  it('a passphrase is asked for twice, never shown, and then asked for once', async (context) => {
    const script = requireComponent(context, 'script')
    await loadOrCreateIdentity(folder)
    const set = await converse(
      script,
      ['keys', 'passphrase', 'set', '--data', folder],
      [
        ['New passphrase', `${PASSPHRASE}\r`],
        ['Once more', `${PASSPHRASE}\r`],
      ],
    )
    expect(set.shown).toMatch(/1 key sealed/)
    expect(set.code).toBe(EXIT.ok)
    expect(set.shown).not.toContain(PASSPHRASE)
    const removed = await converse(
      script,
      ['keys', 'passphrase', 'remove', '--data', folder],
      [["Passphrase of the peer's keys", `${PASSPHRASE}\r`]],
    )
    expect(removed.shown).toMatch(/1 key left without a passphrase/)
    expect(removed.shown).not.toContain(PASSPHRASE)
  })

  it('a second passphrase that differs, and Ctrl-C, change nothing', async (context) => {
    const script = requireComponent(context, 'script')
    await loadOrCreateIdentity(folder)
    const args = ['keys', 'passphrase', 'set', '--data', folder]
    const differs = await converse(script, args, [
      ['New passphrase', `${PASSPHRASE}\r`],
      ['Once more', 'something else\r'],
    ])
    expect(differs.shown).toMatch(/differ\. Nothing was changed/)
    expect(differs.code).toBe(EXIT.usage)
    const interrupted = await converse(script, args, [['New passphrase', '\u0003']])
    expect(interrupted.shown).toMatch(/Interrupted\. Nothing was changed/)
    expect(interrupted.code).toBe(EXIT.interrupted)
    expect((await listKeys(folder)).map((key) => key.file.form)).toEqual(['plain'])
    await setPassphrase(folder, PASSPHRASE, NO_PASSPHRASES)
    const up = await converse(script, ['up', '--data', folder, ...PEER], [['Passphrase', '\u0003']])
    expect(up.shown).toMatch(/Interrupted\. Nothing was changed/)
    expect(up.code).toBe(EXIT.interrupted)
  })
})
