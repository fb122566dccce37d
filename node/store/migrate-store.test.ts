import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNobleSigner } from '../../protocol/crypto/noble-signer.ts'
import { encodeBody } from '../../protocol/encoding/body.ts'
import { encodeCanonical } from '../../protocol/encoding/cbor.ts'
import { amount, digest, struct, uint } from '../../protocol/encoding/codec.ts'
import { digestFromBytes } from '../../protocol/ids.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { createAccountBook } from '../../protocol/ledger/account.ts'
import { keys } from '../../protocol/records/keys.ts'
import { type Migration, MIGRATIONS, STORE_VERSION } from '../../protocol/records/migrations.ts'
import type { Write } from '../../protocol/records/record.ts'
import { migrateStore, storeVersionOf } from './migrate-store.ts'
import { openLevelStore } from './level-store.ts'
import { createMemoryStore } from './memory-store.ts'
import type { Store } from './store.ts'
import { list } from './store.acceptance.ts'

const SWARM = digestFromBytes(new Uint8Array(32))
const HEAD = digestFromBytes(new Uint8Array(32).fill(1))
const ACCOUNTS = 2_500

/** Accounts as the programs before forks wrote them, with a running hash of claims and no sum of what was burnt. */
const accountOfVersion1 = struct({
  seq: uint(),
  head: digest(),
  free: amount(),
  nonce: uint(),
  claimed: digest(),
  minted: amount(),
  owed: amount(),
})

/** The ids of so many accounts: their order isn't that of their numbers. */
const ids: readonly AccountId[] = Array.from({ length: ACCOUNTS }, (_, at) => {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, at)
  return createNobleSigner(seed).id
})

/** A store as such a program left it: accounts, a certificate and an index. It has no version. */
async function writeVersion1(store: Store): Promise<void> {
  const accounts = ids.map((account, at): Write => {
    const value = { seq: at + 1, head: HEAD, free: BigInt(at), nonce: 0, claimed: HEAD, minted: 1n, owed: 0n }
    return { key: keys.account(account), value: encodeBody(accountOfVersion1, value) }
  })
  const [account = ''] = ids
  const others = [
    { key: keys.certificate(account as AccountId, 0), value: Uint8Array.of(1, 2, 3) },
    { key: keys.factTime(5, HEAD), value: Uint8Array.of(4) },
  ]
  for (let at = 0; at < accounts.length; at += 500) await store.write(accounts.slice(at, at + 500))
  await store.write(others)
}

/** Reads the accounts as the mind does, and what they sum up to. */
async function sumsOf(store: Store) {
  const book = createAccountBook(SWARM)
  for (const record of await list(store, { prefix: 'account/' })) book.restore(record)
  return book.sums()
}

const SUMS = {
  entries: (ACCOUNTS * (ACCOUNTS + 1)) / 2,
  free: BigInt((ACCOUNTS * (ACCOUNTS - 1)) / 2),
  minted: BigInt(ACCOUNTS),
  owed: 0n,
  burnt: 0n,
}

/** A store that fails with its `after`th write of these, as a power failure would: that one is lost. */
function failing(store: Store, after: number): Store {
  let writes = 0
  return {
    ...store,
    async write(batch) {
      writes += 1
      if (writes > after) throw new Error('the power failed')
      await store.write(batch)
    },
  }
}

describe('a store of version 1', () => {
  let directory: string
  let store: Store

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hyperlooms-migrate-'))
    store = await openLevelStore(join(directory, 'store'))
    await writeVersion1(store)
  })
  afterEach(async () => {
    await store.close()
    await rm(directory, { recursive: true })
  })

  it('can not be read by this program before, and after says the same as ever', async () => {
    await expect(sumsOf(store)).rejects.toMatchObject({ code: 'record_unreadable' })
    const steps: number[] = []
    expect(await migrateStore(store, { stepping: ({ to }) => void steps.push(to) })).toBe(1)
    expect(steps).toEqual(MIGRATIONS.map(({ to }) => to))
    expect(await sumsOf(store)).toEqual(SUMS)
    expect(await storeVersionOf(store, STORE_VERSION)).toBe(STORE_VERSION)
    expect(await list(store, { prefix: 'certificate/' })).toHaveLength(1)
    expect(await list(store, { prefix: 'fact-time/' })).toHaveLength(1)
    expect(await list(store, { prefix: '' })).toHaveLength(ACCOUNTS + 3)
  })

  it('is the same after a crash in any batch, and only what that lost is done again', async () => {
    const [migration] = (await import('../../protocol/records/migrations.ts')).MIGRATIONS
    if (migration === undefined) throw new Error('unreachable')
    let handed = 0
    const counting = {
      ...migration,
      migrate: (record: Parameters<Migration['migrate']>[0]) => {
        handed += 1
        return migration.migrate(record)
      },
    }
    let crashes = 0
    for (;;) {
      const ended = await migrateStore(failing(store, 1), { migrations: [counting] }).then(
        () => true,
        () => false,
      )
      if (ended) break
      crashes += 1
      await store.close()
      store = await openLevelStore(join(directory, 'store'))
    }
    // Three batches of records: each attempt judged what was left, wrote one batch, and lost what it had done of the next.
    expect(crashes).toBe(3)
    const judged = ACCOUNTS + 1_500 + 500
    expect(handed).toBe(judged + ACCOUNTS + 1_500)
    expect(await sumsOf(store)).toEqual(SUMS)
    expect(await migrateStore(store)).toBe(2)
  })
})

describe('a store', () => {
  it('of this program is left alone, also one from before stores said their version', async () => {
    const store = createMemoryStore()
    const [account] = ids
    if (account === undefined) throw new Error('unreachable')
    const today = new Map<string, Uint8Array | null>()
    const out = { write: (key: string, value: Uint8Array | null) => void today.set(key, value) }
    const state = { seq: 1, head: HEAD, free: 5n, nonce: 0, minted: 5n, owed: 0n, burnt: 3n }
    createAccountBook(SWARM).put(
      out as Parameters<ReturnType<typeof createAccountBook>['put']>[0],
      account,
      state,
    )
    await store.write([...today].map(([key, value]) => ({ key, value })))
    const before = await list(store, { prefix: 'account/' })
    expect(await migrateStore(store)).toBe(1)
    expect(await list(store, { prefix: 'account/' })).toEqual(before)
    expect(await migrateStore(store)).toBe(STORE_VERSION)
  })

  it('that is new is of the newest version, and no step is taken', async () => {
    const store = createMemoryStore()
    const steps: number[] = []
    expect(await migrateStore(store, { stepping: ({ to }) => void steps.push(to) })).toBe(STORE_VERSION)
    expect(steps).toEqual([])
    expect(await storeVersionOf(store, 99)).toBe(STORE_VERSION)
  })

  it('of a newer program is refused and left as it is', async () => {
    const store = createMemoryStore()
    const newer = Array.from({ length: STORE_VERSION }, (_, at) => at + 2)
    const migrations: Migration[] = newer.map((to) => ({ to, about: '', prefixes: [], migrate: () => [] }))
    await migrateStore(store, { migrations })
    const before = await list(store, { prefix: '' })
    await expect(migrateStore(store)).rejects.toMatchObject({
      code: 'store_version_unknown',
      message: expect.stringMatching(
        new RegExp(`have version ${STORE_VERSION + 1}.*up to ${STORE_VERSION}.*newer program`),
      ),
    })
    expect(await list(store, { prefix: '' })).toEqual(before)
  })

  it('goes through all steps in their order, and on from the step in which it crashed', async () => {
    const store = createMemoryStore()
    const add = (to: number, from: string, under: string): Migration => ({
      to,
      about: '',
      prefixes: [from],
      migrate: ({ key, value }) => [
        { key, value: null },
        { key: `${under}${key.slice(from.length)}`, value: Uint8Array.of(...value, to) },
      ],
    })
    const migrations = [add(2, 'one/', 'two/'), add(3, 'two/', 'three/'), add(4, 'three/', 'four/')]
    await store.write(['a', 'b'].map((name) => ({ key: `one/${name}`, value: Uint8Array.of(1) })))
    for (let crashes = 0; ; crashes += 1) {
      try {
        await migrateStore(failing(store, 1), { migrations })
        break
      } catch {
        expect(crashes).toBeLessThan(10)
      }
    }
    const after = (await list(store, { prefix: '' })).filter(({ key }) => key !== keys.storeVersion)
    expect(after).toEqual(
      ['a', 'b'].map((name) => ({ key: `four/${name}`, value: Uint8Array.of(1, 2, 3, 4) })),
    )
  })

  it('with a record that a step can not read stays as it is, and names it', async () => {
    const store = createMemoryStore()
    const [account] = ids
    const key = keys.account(account as AccountId)
    await store.write([{ key, value: Uint8Array.of(0xff) }])
    await expect(migrateStore(store)).rejects.toMatchObject({ code: 'store_migration_failed', key })
    expect(await list(store, { prefix: '' })).toEqual([{ key, value: Uint8Array.of(0xff) }])
  })

  it('that a later step refuses stays as it is, so that the program that wrote it can go on', async () => {
    const store = createMemoryStore()
    await writeVersion1(store)
    const key = 'job-head/j'
    const head = encodeCanonical(new Map(Object.entries({ step: 0, value: 'v', end: null })))
    await store.write([{ key, value: head }])
    const before = await list(store, { prefix: '' })
    const steps: number[] = []
    await expect(migrateStore(store, { stepping: ({ to }) => void steps.push(to) })).rejects.toMatchObject({
      code: 'store_migration_failed',
      key,
    })
    expect(await list(store, { prefix: '' })).toEqual(before)
    expect(steps).toEqual([])
  })

  it('is judged by what each step makes of its records, and from where a crash left it', async () => {
    const store = createMemoryStore()
    const refusesBelow =
      (least: number): Migration['migrate'] =>
      ({ value }) => {
        if ((value[0] ?? 0) < least) throw new TypeError(`less than ${least}`)
        return []
      }
    const add: Migration['migrate'] = ({ key, value: [first = 0] }) => [
      { key: `two/${key.slice('one/'.length)}`, value: Uint8Array.of(first + 1) },
      { key, value: null },
    ]
    const first: Migration = { to: 2, about: '', prefixes: ['one/'], migrate: add }
    const judging = (least: number): readonly Migration[] => [
      first,
      { to: 3, about: '', prefixes: ['two/'], migrate: refusesBelow(least) },
    ]
    await store.write(['a', 'b'].map((name, at) => ({ key: `one/${name}`, value: Uint8Array.of(at + 1) })))
    await expect(migrateStore(store, { migrations: judging(3) })).rejects.toMatchObject({ key: 'one/a' })
    expect(await list(store, { prefix: 'one/' })).toHaveLength(2)
    await expect(migrateStore(failing(store, 1), { migrations: judging(2) })).rejects.toThrow(
      'the power failed',
    )
    const half = await list(store, { prefix: '' })
    await expect(migrateStore(store, { migrations: judging(3) })).rejects.toMatchObject({ key: 'two/a' })
    expect(await list(store, { prefix: '' })).toEqual(half)
    expect(await migrateStore(store, { migrations: judging(2) })).toBe(1)
  })
})
