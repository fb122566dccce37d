import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Transaction } from '../../protocol/api/transaction-schema.ts'
import { formatCredits, parseCredits } from '../../protocol/api/credits.ts'
import { hash } from '../../protocol/crypto/digest.ts'
import type { CallInput } from '../../protocol/api/client.ts'
import { connect } from '../cli/api.ts'
import { watchJob } from '../cli/watch-job.ts'
import { startLonePeer, type LonePeer } from './lone-peer.ts'

const STRANGER = '12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq'
const CERTIFIED = { wait_ms: 30_000 } as const

let peer: LonePeer
beforeAll(async () => {
  peer = await startLonePeer()
})
afterAll(() => peer.stop())

function units(amount: string): bigint {
  return parseCredits(amount) ?? -1n
}

/** Every page of the list, the smallest pages there are. */
async function allTransactions(query: CallInput<'listTransactions'>['query'] = {}): Promise<Transaction[]> {
  const items: Transaction[] = []
  let cursor: string | null = null
  do {
    const more = cursor === null ? {} : { cursor }
    const page = await peer.client.listTransactions({ query: { ...query, ...more, limit: 1 } })
    items.push(...page.items)
    cursor = page.next_cursor
  } while (cursor !== null)
  return items
}

function balanceOf(account: string, transactions: readonly Transaction[]): bigint {
  return transactions.reduce(
    (sum, { from, to, amount }) =>
      sum + (to === account ? units(amount) : 0n) - (from === account ? units(amount) : 0n),
    0n,
  )
}

describe('credits over HTTP', () => {
  it('are conserved, and the history of each account adds up to its balance', async () => {
    const { client, member } = peer
    const { peer_id: self } = await client.getSelf()
    await client.mintCredits({ body: { to: member.id, amount: '12.5' }, query: CERTIFIED })
    await client.transferCredits({ body: { to: STRANGER, amount: '3', memo: 'tea' }, query: CERTIFIED })
    await client.spendCredits({ body: { amount: '0.25' }, query: CERTIFIED })
    await client.rewardCredits({ body: { to: member.id, amount: '0.01' }, query: CERTIFIED })
    const submitted = await client.submitJob({ body: { prompt: 'What is 12 * 7?', replicas: 1 } })
    const job = await watchJob(client, submitted.id, () => undefined)
    expect(job.status).toBe('completed')

    const all = await allTransactions()
    for (const account of [self, member.id, STRANGER]) {
      const { spendable } = await client.getAccount({
        params: { account_type: 'user', account_id: account },
      })
      expect(formatCredits(balanceOf(account, all))).toBe(spendable)
      const own = all.filter(({ from, to }) => from === account || to === account)
      expect(await allTransactions({ account })).toEqual(own)
    }
    const { supply } = (await client.getStats()).ledger
    const minted = all.filter(({ type }) => type === 'mint').map(({ amount }) => units(amount))
    expect(formatCredits(minted.reduce((sum, amount) => sum + amount, 0n))).toBe(supply.minted)
    const parts = [supply.free, supply.unclaimed, supply.escrowed, supply.burnt].map(units)
    expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(units(supply.minted))

    // Newest first: the job's settlement, its charge, and so on back to the first mint.
    expect(all.map(({ type }) => type).slice(0, 6)).toEqual([
      'reward',
      'refund',
      'charge',
      'reward',
      'spend',
      'reward',
    ])
    expect(await allTransactions({ job: job.id })).toEqual(all.slice(0, 3))
    expect(await allTransactions({ type: 'charge' })).toEqual([all[2]])
    expect(all.find(({ memo }) => memo === 'tea')).toMatchObject({ from: self, to: STRANGER, amount: '3' })
  })

  it('show each entry with a proof that holds', async () => {
    const { client } = peer
    const { peer_id: self } = await client.getSelf()
    const moved = await client.transferCredits({ body: { to: STRANGER, amount: '0.5' }, query: CERTIFIED })
    expect(moved).toMatchObject({
      status: 'certified',
      from: self,
      to: STRANGER,
      amount: '0.5',
      type: 'reward',
    })
    const entry = await client.getEntry({ params: { id: moved.entry_id } })
    expect(entry).toMatchObject({
      account: self,
      verified: true,
      proof: { type: 'certificate', epoch: 0, quorum: 1 },
    })
    expect(entry.proof.signatures.map(({ peer_id: id }) => id)).toEqual([self])
    expect(entry.operations).toEqual([
      { type: 'transfer', to: STRANGER, amount: '0.5', memo: '', job_id: null },
    ])
    expect(hash('entry', new Uint8Array(Buffer.from(entry.body, 'base64')))).toBe(moved.entry_id)

    const [charge] = await allTransactions({ type: 'charge' })
    const opening = await client.getEntry({ params: { id: charge?.job_id ?? '' } })
    expect(opening.entry_id).toBe(charge?.entry_id)
    expect(opening.operations[0]).toMatchObject({
      type: 'open',
      job_id: charge?.job_id,
      amount: charge?.amount,
    })
  })

  it('move once for each idempotency key, also after a restart', async () => {
    const body = { to: STRANGER, amount: '1', memo: 'once' }
    const named = { headers: { 'idempotency-key': 'rent of May' } }
    const [first, twin] = await Promise.all([
      peer.client.transferCredits({ body }, named),
      peer.client.transferCredits({ body }, named),
    ])
    expect(twin.entry_id).toBe(first.entry_id)
    const other = peer.client.transferCredits({ body: { ...body, amount: '2' } }, named)
    await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused', status: 422 })
    await peer.restart()
    const repeated = await peer.client.transferCredits({ body, query: CERTIFIED }, named)
    expect(repeated).toEqual({ ...first, status: 'certified' })
    const changed = peer.client.transferCredits({ body: { ...body, to: peer.member.id } }, named)
    await expect(changed).rejects.toMatchObject({ code: 'idempotency_key_reused' })
    expect((await allTransactions()).filter(({ memo }) => memo === 'once')).toHaveLength(1)
  })

  it('that are not there are not moved', async () => {
    const before = await allTransactions()
    const { peer_id: self } = await peer.client.getSelf()
    const { spendable } = await peer.client.getAccount({
      params: { account_type: 'user', account_id: self },
    })
    const amount = formatCredits(units(spendable) + 1n)
    const sent = peer.client.transferCredits({ body: { to: STRANGER, amount } })
    await expect(sent).rejects.toMatchObject({ code: 'insufficient_credit', status: 402 })
    expect(await allTransactions()).toEqual(before)
  })
})

describe('the API key', () => {
  it('is the same after a restart, and lies nowhere', async () => {
    await peer.restart({ renewApiKey: true })
    const { newApiKey: key = '' } = peer.daemon
    expect(Buffer.from(key.slice('hlk_'.length), 'base64url')).toHaveLength(32)
    await peer.restart()
    const { folder, daemon } = peer
    expect(daemon.newApiKey).toBeUndefined()
    const body = { to: STRANGER, amount: '1' }
    expect((await connect(daemon.url, key).transferCredits({ body })).to).toBe(STRANGER)
    expect(peer.logged()).not.toContain(key)
    const files = await readdir(folder.root, { recursive: true, withFileTypes: true })
    for (const file of files.filter((one) => one.isFile())) {
      const content = await readFile(join(file.parentPath, file.name))
      expect(content.includes(key), file.name).toBe(false)
    }
  })

  it('is needed to move credits to others, and another one does not do', async () => {
    const body = { to: STRANGER, amount: '1' }
    const { url } = peer.daemon
    await expect(connect(url).transferCredits({ body })).rejects.toMatchObject({
      code: 'api_key_missing',
      status: 401,
    })
    await expect(connect(url, 'hlk_wrong').transferCredits({ body })).rejects.toMatchObject({
      code: 'api_key_invalid',
      status: 401,
    })
  })

  it('is another one where the owner asks for that, and the old one opens nothing any more', async () => {
    await peer.restart({ renewApiKey: true })
    const { newApiKey: before = '' } = peer.daemon
    await peer.restart({ renewApiKey: true })
    const { newApiKey, url } = peer.daemon
    expect(newApiKey).not.toBe(before)
    const body = { to: STRANGER, amount: '1' }
    await expect(connect(url, before).transferCredits({ body })).rejects.toMatchObject({
      code: 'api_key_invalid',
    })
    expect((await connect(url, newApiKey).transferCredits({ body })).to).toBe(STRANGER)
  })
})
