import { describe, expect, it } from 'vitest'
import { NEWVIEW, PREPARE } from '../../protocol/agreement/messages.ts'
import { plainFrame } from '../../protocol/encoding/envelope.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { jobInstance } from '../../protocol/ids.ts'
import { COMMIT, REVEAL, SEAL, sealDigestOf } from '../../protocol/jobs/messages.ts'
import { entryIdOf } from '../../protocol/ledger/entry.ts'
import type { Peer } from '../../protocol/peer/options.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import type { Observation } from '../observation.ts'
import { certified, decided, digestOf, examine, frameOf, minted, minter } from './bench.ts'
import { opening, openedJob, persisted, reports, runner, show, swarm, witnesses } from './bench.ts'
import { createDurableWrites } from './durable-writes.ts'
import { createLivenessChecker } from './liveness.ts'
import { createOrderIndependenceChecker } from './order-independence.ts'
import { createPromiseKeptChecker } from './promise-kept.ts'
import { createSealedCloseChecker } from './sealed-close.ts'

const instance = jobInstance(openedJob, 0)

describe('promise kept', () => {
  const promise = (round: number) =>
    plainFrame(swarm, minter.id, 'promised', {
      newview: sign(minter, swarm, NEWVIEW, { instance, epoch: 0, round, prepared: null }),
      value: null,
    })
  const prepare = (round: number) =>
    frameOf(PREPARE, 'prepare', minter, { instance, epoch: 0, round, value: digestOf('x') })
  const found = (...frames: readonly Uint8Array[]) =>
    reports(createPromiseKeptChecker, (checker) => show(checker, frames))

  it('finds a vote below a promise, and nothing in one before it or at it', () => {
    expect(found(prepare(0), promise(2), prepare(2), prepare(3))).toEqual([])
    expect(found(promise(2), prepare(1))).toHaveLength(1)
  })
})

describe('liveness', () => {
  const acknowledged: Observation = {
    type: 'left',
    peer: minter.id,
    effect: {
      type: 'respond',
      command: 1,
      result: { ok: true, type: 'entry', entry: entryIdOf(minted), source: entryIdOf(minted) },
      after: 1,
    },
  }
  const found = (...records: readonly (readonly [string, Uint8Array])[]) =>
    reports(createLivenessChecker, (checker) => {
      checker.observe?.(acknowledged)
      checker.conclude?.([{ peer: minter.id, records: new Map(records), view: undefined }])
    })

  it('finds an acknowledged entry without a certificate, and one still under way', () => {
    expect(found(certified(minted))).toEqual([])
    expect(found()).toEqual([expect.stringContaining('lacks the acknowledged entry')])
    expect(found(certified(minted), ['own/0000000000000001', new Uint8Array(1)])).toHaveLength(1)
  })
})

describe('sealed close', () => {
  const sealOf = (by: number, started: number) => {
    const commit = {
      job: openedJob,
      step: 1,
      slot: 0,
      rank: 0,
      commitment: digestOf('commitment'),
    }
    const commits = [sign(runner, swarm, COMMIT, commit)]
    const starts = Array.from({ length: started }, (_, slot) => ({ slot, peer: runner.id }))
    const witness = witnesses[by] ?? minter
    return sign(witness, swarm, SEAL, { job: openedJob, step: 1, commits, started: starts })
  }
  const seals = [sealOf(0, 0), sealOf(1, 0), sealOf(2, 0)]
  const close = (used: typeof seals, shown: typeof seals) =>
    decided(openedJob, 1, {
      type: 'close',
      epoch: 0,
      seals: used,
      reveals: [
        sign(runner, swarm, REVEAL, {
          job: openedJob,
          step: 1,
          slot: 0,
          salt: new Uint8Array(32),
          answer: { digest: digestOf('answer'), size: 6 },
          seals: shown.map((seal) => ({ witness: seal.signer, seal: sealDigestOf(seal) })),
        }),
      ],
      result: {
        agreement: 'single',
        winner: 0,
        confidence: 0,
        replicas: [],
        refund: 20n,
        fee: 0n,
      },
      cancel: null,
    })
  const found = (...facts: Parameters<typeof examine>[1]) =>
    reports(createSealedCloseChecker, (checker) => examine(checker, [certified(opening), ...facts]))

  it('finds a close on other seals than its reveals rest on, or on too few', () => {
    expect(found(close(seals, seals))).toEqual([])
    expect(found(close(seals, [sealOf(0, 1), ...seals.slice(1)]))).toEqual([
      expect.stringContaining('another seal'),
    ])
    expect(found(close(seals.slice(1), seals))).toEqual([expect.stringContaining('rests on 2 seals')])
    expect(found(close(seals.slice(2), seals))).toHaveLength(2)
  })
})

describe('order independence', () => {
  /** A mind whose root is the facts in the order in which it heard of them, or only their number. */
  const mindOf = (isOrdered: boolean): Peer => {
    let root = ''
    return {
      view: { self: minter.id, swarm, ledgerRoot: () => digestOf(root) } as PeerView,
      restore: () => undefined,
      inspect: (frame) => {
        root += isOrdered ? digestOf(frame.join()) : 'x'
        return { ok: false, code: 'duplicate' }
      },
      handle: () => [],
    }
  }
  const facts = [certified(minted), certified(opening)]
  const found = (isOrdered: boolean, root: string) =>
    reports(
      createOrderIndependenceChecker,
      (checker) => {
        const view = { ledgerRoot: () => digestOf(root) } as PeerView
        checker.conclude?.([{ peer: minter.id, records: new Map(facts), view }])
      },
      new Map(),
      () => mindOf(isOrdered),
    )

  it('finds a root that depends on the order of the facts', () => {
    expect(found(false, 'xx')).toEqual([])
    expect(found(true, 'xx')).toHaveLength(1)
  })
})

describe('durable writes', () => {
  const value = new Uint8Array(1)
  const write = { key: 'own/1', value }

  it('counts a write once it is synced, or survived the crash', () => {
    const disk = new Map([[write.key, value]])
    const writes = createDurableWrites(() => disk)
    expect(writes.after(persisted(write.key, value))).toEqual([])
    expect(writes.after({ type: 'synced', peer: minter.id, position: 0 })).toEqual([])
    expect(writes.after({ type: 'synced', peer: minter.id, position: 1 })).toEqual([write])
    writes.after(persisted(write.key, value))
    expect(writes.after({ type: 'crashed', peer: minter.id })).toEqual([write])
    writes.after(persisted(write.key, value))
    disk.clear()
    expect(writes.after({ type: 'crashed', peer: minter.id })).toEqual([])
  })
})
