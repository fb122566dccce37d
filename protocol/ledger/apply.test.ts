import { describe, expect, it } from 'vitest'
import { sign } from '../encoding/signed.ts'
import type { Digest } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { createMembers } from '../swarm/members.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import { createStateDigest } from '../sync/state-digest.ts'
import { createAccountBook } from './account.ts'
import { applyToBooks, type Books } from './apply.ts'
import { ENTRY, genesisOf, type OutputRef } from './entry.ts'
import { createOpenJobs } from './open-jobs.ts'
import { createOutputBook, EARLY_CLAIMS_MAX } from './output-book.ts'
import { createResolvedBook } from './resolved.ts'
import { testCharter, testSigner } from './testing-mind.ts'

const owner = testSigner(0)
const charter = testCharter([owner], 1)
const { swarm } = rosterOf(charter)
const out = { write: () => undefined } as unknown as Outbox
const source = 'a'.repeat(64) as Digest
const quorum = { epoch: 0, signers: Uint8Array.of(1), sigs: [new Uint8Array(64)] }

function booksWithEarlyClaims(count: number): Books {
  const outputs = createOutputBook()
  for (let at = 0; at < count; at += 1) {
    outputs.claim(out, owner.id, { source: at.toString(16).padStart(64, '0') as Digest, index: 0 })
  }
  const digest = createStateDigest()
  const resolved = createResolvedBook(digest)
  const membership = createMembers(charter)
  return {
    accounts: createAccountBook(swarm),
    outputs,
    opens: createOpenJobs(),
    resolved,
    digest,
    membership,
  }
}

function certificate(claims: readonly OutputRef[]) {
  const body = { account: owner.id, seq: 0, prev: genesisOf(swarm, owner.id), claims, ops: [], free: 7n }
  return { entry: sign(owner, swarm, ENTRY, body), quorum }
}

describe('a certificate that claims what is not known yet', () => {
  it('is applied at once, and its output is met when it comes', () => {
    const books = booksWithEarlyClaims(0)
    expect(applyToBooks(books, out, certificate([{ source, index: 0 }])).status).toBe('applied')
    expect(books.accounts.sums()).toMatchObject({ free: 7n, owed: 7n })
    expect(books.outputs.add(out, owner.id, { source, index: 0, amount: 7n, origin: null })).toBe(false)
    expect(books.outputs.claimable(owner.id)).toBe(0n)
  })

  it('waits for it once too many do so', () => {
    const claim = { source, index: 0 }
    expect(applyToBooks(booksWithEarlyClaims(EARLY_CLAIMS_MAX - 1), out, certificate([claim])).status).toBe(
      'applied',
    )
    const full = booksWithEarlyClaims(EARLY_CLAIMS_MAX)
    expect(applyToBooks(full, out, certificate([claim]))).toEqual({ status: 'missing', ids: [source] })
    expect(full.accounts.has(owner.id)).toBe(false)
    full.outputs.add(out, owner.id, { ...claim, amount: 7n, origin: null })
    expect(applyToBooks(full, out, certificate([claim])).status).toBe('applied')
  })
})

it('applies a certificate once, and only at its place', () => {
  const books = booksWithEarlyClaims(0)
  const first = certificate([{ source, index: 0 }])
  expect(applyToBooks(books, out, first).status).toBe('applied')
  expect(applyToBooks(books, out, first).status).toBe('known')
  expect(applyToBooks(books, out, certificate([{ source, index: 1 }])).status).toBe('contradiction')
  const later = { ...first.entry.body, seq: 5, prev: source }
  expect(applyToBooks(books, out, { entry: sign(owner, swarm, ENTRY, later), quorum })).toEqual({
    status: 'missing',
    ids: [source],
  })
})
