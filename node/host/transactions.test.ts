import { describe, expect, it } from 'vitest'
import { sign } from '../../protocol/encoding/signed.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { resolveInstance } from '../../protocol/ids.ts'
import { createAccountBook } from '../../protocol/ledger/account.ts'
import { applyToBooks, type Books } from '../../protocol/ledger/apply.ts'
import { applyResolution } from '../../protocol/ledger/apply-resolution.ts'
import { ENTRY, type Entry, entryIdOf, genesisOf, type Operation } from '../../protocol/ledger/entry.ts'
import { createOpenJobs } from '../../protocol/ledger/open-jobs.ts'
import { createOutputBook } from '../../protocol/ledger/output-book.ts'
import { createResolvedBook } from '../../protocol/ledger/resolved.ts'
import { testCharter, testSigner } from '../../protocol/ledger/testing-mind.ts'
import type { Outbox } from '../../protocol/peer/outbox.ts'
import { keys } from '../../protocol/records/keys.ts'
import type { Write } from '../../protocol/records/record.ts'
import { createMembers } from '../../protocol/swarm/members.ts'
import { rosterOf } from '../../protocol/swarm/live-roster.ts'
import { createStateDigest } from '../../protocol/sync/state-digest.ts'
import type { TransactionQuery } from '../api/backend.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { readEntry } from './entries.ts'
import { createTransactions } from './transactions.ts'

const [minter, other] = [testSigner(0), testSigner(1)]
const roster = rosterOf(testCharter([minter, other], 1))
const quorum = quorumOf(0, 1, new Map([[0, new Uint8Array(64)]]))

/** A ledger's books over a store, one applied fact at a time. */
function build() {
  const store = createMemoryStore()
  const digest = createStateDigest()
  const books: Books = {
    accounts: createAccountBook(roster.swarm),
    outputs: createOutputBook(),
    opens: createOpenJobs(),
    resolved: createResolvedBook(digest),
    digest,
    membership: createMembers(roster.charter),
  }
  const transactions = createTransactions(store, roster)
  let now = 1_000

  /** Applies one fact at a time of its own, or at the same as the one before. */
  async function apply(act: (out: Outbox) => unknown, passedMs = 1): Promise<void> {
    const writes: Write[] = []
    now += passedMs
    // Applying writes records and does nothing else.
    act({
      now,
      write: (key: string, value: Uint8Array | null) => writes.push({ key, value }),
    } as unknown as Outbox)
    await store.write(writes)
  }

  function nextEntry(ops: readonly Operation[], free = 0n) {
    const { seq, head } = books.accounts.get(minter.id)
    const body: Entry = { account: minter.id, seq, prev: head, claims: [], ops, free }
    return sign(minter, roster.swarm, ENTRY, body)
  }

  async function amounts(query: Omit<TransactionQuery, 'limit'> = {}, limit = 1): Promise<string[]> {
    const found: string[] = []
    let cursor: string | null = null
    do {
      const page = await transactions({ ...query, limit, ...(cursor === null ? {} : { cursor }) })
      found.push(...(page?.items ?? []).map(({ amount, type }) => `${type} ${amount / CREDIT}`))
      cursor = page?.nextCursor ?? null
    } while (cursor !== null)
    return found
  }

  return { store, books, transactions, apply, nextEntry, amounts }
}

const CREDIT = 1_000_000n
const mint = (credits: bigint, to = other.id): Operation => ({
  type: 'mint',
  to,
  amount: credits * CREDIT,
  memo: '',
})

describe('the list of transactions', () => {
  it('is newest first, and pages end and go on within an entry', async () => {
    const { apply, books, nextEntry, amounts } = build()
    const certify = (ops: readonly Operation[]) => (out: Outbox) =>
      applyToBooks(books, out, { entry: nextEntry(ops), quorum })
    await apply(certify([mint(1n), mint(2n), mint(3n, minter.id)]))
    await apply(certify([mint(4n)]))
    await apply(certify([mint(5n), mint(6n)]), 0)
    const all = await amounts({}, 100)
    // Two facts of one moment are in the order of their names.
    expect(all.slice(3)).toEqual(['mint 3', 'mint 2', 'mint 1'])
    expect(all.slice(0, 3).toSorted()).toEqual(['mint 4', 'mint 5', 'mint 6'])
    for (const limit of [1, 2, 3, 4, 5]) expect(await amounts({}, limit)).toEqual(all)
    expect(await amounts({ account: other.id }, 2)).toEqual(all.filter((one) => one !== 'mint 3'))
    expect(await amounts({ account: other.id, type: 'charge' })).toEqual([])
  })

  it('reads a bounded number of facts for a page, and one page at a time', async () => {
    const { apply, books, nextEntry, store, amounts } = build()
    for (let count = 0; count < 250; count += 1) {
      const ops = [mint(1n, count < 2 ? minter.id : other.id)]
      await apply((out) => applyToBooks(books, out, { entry: nextEntry(ops), quorum }))
    }
    const scans = { open: 0, most: 0, read: 0 }
    async function* scan(range: Parameters<typeof store.scan>[0]) {
      scans.open += 1
      scans.most = Math.max(scans.most, scans.open)
      try {
        for await (const one of store.scan(range)) {
          scans.read += 1
          yield one
        }
      } finally {
        scans.open -= 1
      }
    }
    const transactions = createTransactions({ ...store, get: (key) => store.get(key), scan }, roster)
    const rare = { type: 'charge', limit: 100 } as const
    const [first] = await Promise.all([transactions(rare), transactions(rare)])
    expect(first).toMatchObject({ items: [], nextCursor: expect.any(String) })
    // One more for each tells whether there is a next page.
    expect(scans).toEqual({ open: 0, most: 1, read: 2 * 101 })
    expect(await amounts({}, 7)).toHaveLength(250)
    const cursor = first?.nextCursor ?? ''
    const second = await transactions({ limit: 100, cursor })
    // The fact that the cursor is within comes once more, with nothing left of it.
    expect(second?.items).toHaveLength(99)
  })

  it('knows only its own cursors', async () => {
    const { transactions } = build()
    for (const cursor of ['', 'x', `${'0'.repeat(16)}/${'0'.repeat(64)}`, '../identity.key']) {
      expect(await transactions({ limit: 1, cursor })).toBeUndefined()
    }
    expect(await transactions({ limit: 1, cursor: `${'9'.repeat(16)}/${'0'.repeat(64)}/0` })).toEqual({
      items: [],
      nextCursor: null,
    })
  })

  it('says that the store is damaged where an indexed fact is gone', async () => {
    const { apply, books, nextEntry, transactions, store } = build()
    await apply((out) => applyToBooks(books, out, { entry: nextEntry([mint(1n)]), quorum }))
    await store.write([{ key: keys.certificate(minter.id, 0), value: null }])
    await expect(transactions({ limit: 1 })).rejects.toMatchObject({ code: 'record_missing' })
  })
})

describe('an entry that a resolution certified', () => {
  it('is listed and shown, with the resolution as its proof', async () => {
    const { apply, books, nextEntry, amounts, store } = build()
    const entry = nextEntry([mint(7n)])
    const head = genesisOf(roster.swarm, minter.id)
    const value = { type: 'resolve' as const, account: minter.id, seq: 0, head, entries: [entry] }
    const decision = { instance: resolveInstance(minter.id, 0), round: 0, value, quorum }
    await apply((out) => expect(applyResolution(books, out, decision)).toMatchObject({ status: 'applied' }))
    expect(await amounts()).toEqual(['mint 7'])
    const id = entryIdOf(entry)
    expect(await readEntry(store, id)).toMatchObject({ id, proof: 'resolution', quorum })
  })

  it('is none of several that were merged: their mints never counted', async () => {
    const { apply, books, nextEntry, amounts, store } = build()
    const entries = [nextEntry([mint(7n)]), nextEntry([mint(8n)])].sort((a, b) =>
      entryIdOf(a) < entryIdOf(b) ? -1 : 1,
    )
    const head = genesisOf(roster.swarm, minter.id)
    const value = { type: 'resolve' as const, account: minter.id, seq: 0, head, entries }
    const decision = { instance: resolveInstance(minter.id, 0), round: 0, value, quorum }
    await apply((out) => applyResolution(books, out, decision))
    expect(await amounts()).toEqual([])
    const virtual = books.accounts.get(minter.id).head
    expect(await readEntry(store, virtual)).toBeUndefined()
    for (const entry of entries) expect(await readEntry(store, entryIdOf(entry))).toBeUndefined()
    // One of them turns out to have been certified.
    const [branch = nextEntry([])] = entries
    await apply((out) => applyToBooks(books, out, { entry: branch, quorum }))
    expect(await amounts()).toHaveLength(1)
    expect(await readEntry(store, entryIdOf(branch))).toMatchObject({ proof: 'certificate' })
  })
})
