import { describe, expect, it } from 'vitest'
import type { Signer } from '../crypto/signer.ts'
import { mintVerified } from '../crypto/verified.ts'
import { decodeEnvelope, plainFrame } from '../encoding/envelope.ts'
import { type BodyOf, KINDS } from '../encoding/kinds.ts'
import { sign } from '../encoding/signed.ts'
import type { Digest } from '../ids.ts'
import { ENTRY, entryIdOf, genesisOf } from '../ledger/entry.ts'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import { LIMITS, SERVE_QUOTA } from '../params.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import { LOADS_OPEN_MAX } from '../sync/serve.ts'
import type { Effect } from './effect.ts'
import type { PlainKindName } from './outbox.ts'
import { TestMinds } from './testing-minds.ts'

const SIGNERS = [0, 1, 2, 3, 4].map(testSigner)
const [minter, target, , , asker] = SIGNERS as [Signer, Signer, Signer, Signer, Signer]
const roster = rosterOf(testCharter(SIGNERS, 4))
const OTHER = 'a'.repeat(64) as Digest

/** Hands one message after another to a witness that has a certified entry, at one time; its loads are answered only by `answer`. */
function asking() {
  const minds = new TestMinds(roster, SIGNERS)
  minds.pass(20_000)
  minds.command(minter.id, { type: 'mint', to: asker.id, amount: 1_000_000n, memo: '' })
  minds.pass(1_000)
  const mind = minds.mindOf(target.id)
  function ask<K extends PlainKindName>(kind: K, body: BodyOf<K>): readonly Effect[] {
    const via = KINDS[kind].via
    const frame = plainFrame(roster.swarm, asker.id, kind, body)
    const inspected = mind.inspect(frame, { from: asker.id, via })
    if (!inspected.ok) throw new Error(`dropped as ${inspected.code}`)
    const message = mintVerified(
      inspected.candidate,
      inspected.candidate.checks.map(() => true),
    )
    if (message === undefined) throw new Error('not verified')
    return mind.handle({ type: 'message', message }, minds.now)
  }
  /** Lets the store answer the loads among some effects. */
  function answer(effects: readonly Effect[]): readonly Effect[] {
    return effects.flatMap((effect) =>
      effect.type === 'load'
        ? mind.handle(
            {
              type: 'loaded',
              values: effect.keys.map((key) => minds.stored(target.id, key)),
              purpose: effect.purpose,
            },
            minds.now,
          )
        : [],
    )
  }
  const reconnect = () => {
    mind.handle({ type: 'disconnected', peer: asker.id }, minds.now)
    return mind.handle({ type: 'connected', peer: asker.id }, minds.now)
  }
  return { ask, answer, reconnect }
}

const certify = (): BodyOf<'certify'> => ({
  epoch: 0,
  evidence: [],
  entry: sign(minter, roster.swarm, ENTRY, {
    account: minter.id,
    seq: 0,
    prev: OTHER,
    claims: [],
    ops: [],
    free: 1n,
  }),
})

/** An entry of the asker's, as large as one with a single claim may be. */
const largeEntry = () => {
  const memo = 'm'.repeat(LIMITS.memoBytes)
  const ops = Array.from({ length: LIMITS.operations }, () => {
    return { type: 'transfer' as const, to: target.id, amount: 10_000n, memo }
  })
  const account = asker.id
  const claims = [{ source: minted(), index: 0 }]
  const prev = genesisOf(roster.swarm, account)
  return sign(asker, roster.swarm, ENTRY, { account, seq: 0, prev, claims, ops, free: 360_000n })
}

/** The entry that minted the asker's credits. */
const minted = () => {
  const prev = genesisOf(roster.swarm, minter.id)
  const ops = [{ type: 'mint' as const, to: asker.id, amount: 1_000_000n, memo: '' }]
  const body = { account: minter.id, seq: 0, prev, claims: [], ops, free: 0n }
  return entryIdOf(sign(minter, roster.swarm, ENTRY, body))
}

const loadsOf = (effects: readonly Effect[]) => effects.filter(({ type }) => type === 'load').length

/** Kinds of what was said to whoever asked. */
const saidIn = (effects: readonly Effect[]) =>
  effects.flatMap((effect) =>
    effect.type === 'send' && effect.to === asker.id ? [decodeEnvelope(effect.frame).kind] : [],
  )

/** The digests alone. */
const BUCKETS_BYTES = LIMITS.buckets * 32

describe('a peer that goes on asking', () => {
  it('for a certified entry has only so many loads open, whatever it does to its connection', () => {
    const { ask, answer, reconnect } = asking()
    const body = certify()
    let open: Effect[] = []
    for (let count = 0; count < LOADS_OPEN_MAX; count += 1) open.push(...ask('certify', body))
    expect(loadsOf(open)).toBe(LOADS_OPEN_MAX)
    reconnect()
    const refused = ask('certify', body)
    expect(loadsOf(refused)).toBe(0)
    expect(saidIn(refused)).toEqual(['sync-busy'])
    // A driver that asks again later has its certificate.
    answer(open)
    open = [...ask('certify', body)]
    expect(saidIn(answer(open))).toEqual(['facts'])
  })

  it('where its root differs is told until it has had its quota of bytes, whatever it does to its connection', () => {
    const { ask, reconnect } = asking()
    let answers = 0
    for (let count = 0; count < 8_000; count += 1) {
      if (count % 1_000 === 0) reconnect()
      answers += saidIn(ask('sync-root', { root: OTHER, epoch: 0 })).filter(
        (kind) => kind === 'sync-buckets',
      ).length
    }
    expect(answers).toBeGreaterThan(SERVE_QUOTA.burst / BUCKETS_BYTES / 2)
    expect(answers).toBeLessThanOrEqual(SERVE_QUOTA.burst / BUCKETS_BYTES + 1)
  })

  it.each(['head-query', 'certify'] as const)(
    'which entry a witness is bound to by %s, is shown so much of it',
    (kind) => {
      const { ask } = asking()
      const bound = largeEntry()
      expect(saidIn(ask('certify', { epoch: 0, evidence: [], entry: bound }))).toEqual(['vote'])
      const account = asker.id
      const other = sign(asker, roster.swarm, ENTRY, { ...bound.body, ops: [], free: 1n })
      const again = () =>
        kind === 'head-query'
          ? saidIn(ask(kind, { account }))
          : saidIn(ask(kind, { epoch: 0, evidence: [], entry: other }))
      const fitting = Math.ceil(SERVE_QUOTA.burst / bound.bytes.length)
      const said = Array.from({ length: fitting + 1 }, again).flat()
      const shown = said.filter((one) => one === 'head-reply' || one === 'certify-reply')
      expect(shown.length).toBeGreaterThan(fitting / 2)
      expect(shown.length).toBeLessThan(fitting)
      expect(said.at(-1)).toBe('sync-busy')
    },
  )
})
