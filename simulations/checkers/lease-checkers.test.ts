import { describe, expect, it } from 'vitest'
import { mintVerified } from '../../protocol/crypto/verified.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { BEACON, BID, COMMIT, SEAL } from '../../protocol/jobs/messages.ts'
import type { Message } from '../../protocol/intake/message.ts'
import type { Observation } from '../observation.ts'
import {
  certified,
  decided,
  digestOf,
  frameOf,
  liar,
  lostOne,
  minted,
  minter,
  openedJob,
  opening,
} from './bench.ts'
import { reports, runner, swarm } from './bench.ts'
import type { Checker, CreateChecker } from './checker.ts'
import { createRanksChecker } from './ranks.ts'
import { createSealedInTurnChecker } from './sealed-in-turn.ts'

const [holder, standby, witness] = [runner, liar, lostOne]
const [LEASE_MS, GRACE_MS, COMMIT_MS] = [500, 100, 120_000]
const offer = {
  price: 5n,
  etaMs: 1,
  model: 'm',
  modelDigest: digestOf('model'),
  cached: true,
  vramFreeMb: 1,
  loadMilli: 0,
  region: '',
  modes: ['process' as const],
}
const decision = decided(openedJob, 0, {
  type: 'assign',
  epoch: 0,
  bids: [sign(holder, swarm, BID, { job: openedJob, offer, payout: holder.id })],
  operators: [null],
  payer: null,
  beacon: sign(minter, swarm, BEACON, { job: openedJob }),
  slots: [{ slot: 0, peer: holder.id }],
  standbys: [standby.id],
  receipts: [],
})
const disk = new Map([certified(minted), certified(opening), decision])

type Moment = readonly [atMs: number, Observation]

/** What a checker reports of what happens to one peer, in its own time. */
function found(create: CreateChecker, ...moments: readonly Moment[]): readonly string[] {
  let now = 0
  const act = (checker: Checker) => {
    for (const [atMs, observation] of moments) {
      now = atMs
      checker.observe?.(observation)
    }
  }
  return reports(create, act, disk, undefined, { now: () => now })
}

const assignedTo = (peer: typeof holder): Observation => ({
  type: 'effect',
  peer: peer.id,
  effect: { type: 'persist', position: 1, writes: [{ key: decision[0], value: decision[1] }] },
})

function leaseHeardBy(peer: typeof holder, state: 'progress' | 'failed'): Observation {
  const body = { job: openedJob, step: 0, slot: 0, rank: 0, state, tokens: 0 }
  const none = new Uint8Array(0)
  const said: Message = { kind: 'lease', from: holder.id, signer: holder.id, body, bytes: none, sig: none }
  const message = mintVerified({ value: said, checks: [] }, [])
  if (message === undefined) throw new Error('a lease has no signature')
  return { type: 'event', peer: peer.id, event: { type: 'message', message } }
}

describe('ranks', () => {
  const order = {
    job: openedJob,
    step: 0,
    slot: 0,
    prompt: { digest: digestOf('prompt'), size: 6 },
    model: 'm',
    sampling: { temperatureMilli: 0, seed: 0, maxTokens: 1 },
  }
  const run: Observation = { type: 'effect', peer: standby.id, effect: { type: 'run', order, after: 1 } }
  const runAt = (atMs: number, state: 'progress' | 'failed') =>
    found(createRanksChecker, [0, assignedTo(standby)], [1_000, leaseHeardBy(standby, state)], [atMs, run])

  it('finds a standby that begins while the one before it may be at work', () => {
    expect(runAt(1_000 + LEASE_MS + GRACE_MS, 'progress')).toEqual([])
    expect(runAt(999 + LEASE_MS + GRACE_MS, 'progress')).toHaveLength(1)
    expect(runAt(1_001, 'failed')).toEqual([])
  })
})

describe('sealed in turn', () => {
  const commitOf = (signer: typeof holder, rank: number) => {
    const commitment = digestOf(`commitment ${rank}`)
    return sign(signer, swarm, COMMIT, { job: openedJob, step: 0, slot: 0, rank, commitment })
  }
  const sealAt = (atMs: number, commits: readonly ReturnType<typeof commitOf>[]) => {
    const frame = frameOf(SEAL, 'seal', witness, { job: openedJob, step: 0, commits, started: [] })
    const effect = { type: 'send', to: minter.id, channel: 'job', frame, after: 1 } as const
    return found(
      createSealedInTurnChecker,
      [0, assignedTo(witness)],
      [1_000, leaseHeardBy(witness, 'progress')],
      [atMs, { type: 'effect', peer: witness.id, effect }],
    )
  }

  it('finds a seal without a commit, or with a standby\u2019s, while the runner is heard', () => {
    expect(sealAt(1_001, [commitOf(holder, 0)])).toEqual([])
    expect(sealAt(1_001, [])).toHaveLength(1)
    expect(sealAt(COMMIT_MS, [])).toEqual([])
    expect(sealAt(999 + LEASE_MS, [commitOf(standby, 1)])).toHaveLength(1)
    expect(sealAt(1_000 + LEASE_MS, [commitOf(standby, 1)])).toEqual([])
  })
})
