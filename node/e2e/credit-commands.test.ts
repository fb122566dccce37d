import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CREDIT_SENTENCE } from '../../protocol/api/credits.ts'
import { startLonePeer, type LonePeer } from './lone-peer.ts'

const COMMAND = fileURLToPath(new URL('../packaging/hyperlooms.cjs', import.meta.url))
const STRANGER = '12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq'

let peer: LonePeer
beforeAll(async () => {
  peer = await startLonePeer()
})
afterAll(() => peer.stop())

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A command of the account that owns the peer's data folder, unless `environment` says otherwise. */
function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input = '',
): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>()
  const env = {
    PATH: process.env['PATH'],
    HOME: peer.folder.root,
    HYPERLOOMS_DATA: peer.folder.root,
    ...environment,
  }
  const child = execFile(process.execPath, [COMMAND, ...args], { env }, (_error, out, err) =>
    resolve({ code: child.exitCode, out, err }),
  )
  // A command that is refused before it reads has closed its end.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input)
  return promise
}

describe('wallet', () => {
  it('shows the balance and says what a credit is, for people and for programs', async () => {
    const { out, code } = await run(['wallet'])
    expect(code).toBe(0)
    expect(out).toContain(peer.daemon.id)
    expect(out).toContain('1000 credits')
    expect(out.trimEnd().endsWith(CREDIT_SENTENCE)).toBe(true)
    const listed = await run(['wallet', 'list', '--json'])
    expect(JSON.parse(listed.out)).toMatchObject({
      about: CREDIT_SENTENCE,
      accounts: [{ account_id: peer.daemon.id, spendable: '1000' }],
    })
  })

  it('sends, and the history shows it without what a terminal would take for a command', async () => {
    const sent = await run(['wallet', 'send', STRANGER, '1.5', '--memo', 'tea\u202e'])
    expect(sent).toMatchObject({ code: 0, err: '' })
    expect(sent.out).toContain('certified')
    const { out } = await run(['credits', 'history'])
    const [head = '', line = ''] = out.split('\n')
    expect(line).toContain('1.5')
    expect(line).toContain('tea\u{fffd}')
    // Aligned: a number ends where its label ends.
    expect(line.indexOf('1.5') + 3).toBe(head.indexOf('credits') + 'credits'.length)
  })

  it('sends once under one idempotency key', async () => {
    const args = ['wallet', 'send', STRANGER, '0.07', '--idempotency-key', 'rent', '--json']
    const [first, second] = [await run(args), await run(args)]
    expect(JSON.parse(second.out)).toEqual(JSON.parse(first.out))
  })

  it.each([
    [['wallet', 'send', STRANGER, '0.001'], 'amount is below 0.01'],
    [['wallet', 'send', 'nobody', '1'], 'to is no id'],
    [['wallet', 'send', STRANGER, '1', '--memo', 'x'.repeat(141)], 'memo_too_long'],
    [['wallet', 'send', STRANGER, '1', '--memo', 'tea\u001b[31m'], 'memo contains a control character'],
    [['wallet', 'send', STRANGER, '999999'], 'insufficient_credit'],
    [['wallet', 'send', STRANGER], 'missing required argument'],
    [['wallet', 'lend'], "'lend' means nothing"],
  ])('refuses %j', async (args, says) => {
    const { code, err, out } = await run(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(says)
  })

  it('resolves nothing where nothing is forked', async () => {
    const { code, err } = await run(['wallet', 'resolve'])
    expect(code).toBe(2)
    expect(err).toContain('not_forked')
  })

  it('says where no peer answers', async () => {
    const { code, err } = await run(['wallet'], { HYPERLOOMS_API: 'http://127.0.0.1:9' })
    expect(code).toBe(69)
    expect(err).toContain('No peer answers')
  })
})

describe('credits', () => {
  it('mint, reward and spend where this peer may', async () => {
    const minted = await run(['credits', 'mint', STRANGER, '2', '--json'])
    expect(JSON.parse(minted.out)).toMatchObject({
      status: 'certified',
      type: 'mint',
      from: null,
      amount: '2',
    })
    expect((await run(['credits', 'reward', STRANGER, '1'])).code).toBe(0)
    expect((await run(['credits', 'spend', '1'])).code).toBe(0)
    const { out } = await run(['credits', 'history', '--all', '--json', '--limit', '3'])
    const page: { items: { type: string }[]; next_cursor: string } = JSON.parse(out)
    expect(page.items.map(({ type }) => type)).toEqual(['spend', 'reward', 'mint'])
    const older = await run(['credits', 'history', '--cursor', page.next_cursor, '--type', 'mint'])
    expect(older.out).toContain('endowment')
    expect((await run(['credits', 'history', '--type', 'gift'])).code).toBe(2)
  })

  it('say that a transfer is on its way when nobody has certified it in time', async () => {
    const { code, out } = await run(['credits', 'mint', STRANGER, '1', '--wait', '0'])
    expect(out).toMatch(/accepted|certified/)
    expect(code).toBe(out.includes('certified: ') ? 0 : 1)
  })
})

describe('the control socket', () => {
  const send = ['wallet', 'send', STRANGER, '0.02']
  const elsewhere = { HYPERLOOMS_DATA: '/nowhere', HYPERLOOMS_API: 'http://127.0.0.1:9' }

  it('is found by the data folder, named or known', async () => {
    expect((await run(send)).code).toBe(0)
    expect((await run([...send, '--data', peer.folder.root], elsewhere)).code).toBe(0)
    const none = await run([...send, '--data', '/nowhere'])
    expect(none).toMatchObject({ code: 69, out: '' })
    expect(none.err).toContain('No peer runs on /nowhere')
  })

  it('is not used where an address is given, which then takes the API key', async () => {
    await peer.restart({ renewApiKey: true })
    const { url, newApiKey = '' } = peer.daemon
    const there = { ...elsewhere, HYPERLOOMS_API: url }
    expect(await run(send, there)).toMatchObject({ code: 2, out: '' })
    expect((await run([...send, '--api-key', 'hlk_wrong'], there)).err).toContain('api_key_invalid')
    expect((await run(send, { ...there, HYPERLOOMS_API_KEY: newApiKey })).code).toBe(0)
    const visible = await run([...send, '--api', url, '--api-key', newApiKey])
    expect(visible.code).toBe(0)
    expect(visible.err).toContain('list of processes')
    expect(await run([...send, '--api-key', '-'], there, `${newApiKey}\n`)).toMatchObject({
      code: 0,
      err: '',
    })
    const file = join(peer.folder.root, 'key.txt')
    await writeFile(file, `${newApiKey}\n`)
    expect(await run([...send, '--api-key-file', file], there)).toMatchObject({ code: 0, err: '' })
    expect((await run([...send, '--api-key-file', file, '--api-key', '-'], there)).code).toBe(2)
  })
})
