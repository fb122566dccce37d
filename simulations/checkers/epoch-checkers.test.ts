import { describe, expect, it } from 'vitest'
import { COMMIT_BALLOT, decisionCodec, PREPARE, valueDigestOf } from '../../protocol/agreement/messages.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { encodeBody } from '../../protocol/encoding/body.ts'
import { signTogether } from '../../protocol/encoding/multi-signed.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { pieceCodec } from '../../protocol/epoch/messages.ts'
import { cutHandover } from '../../protocol/epoch/pieces.ts'
import { ACCEPT, orderDigestOf } from '../../protocol/epoch/value.ts'
import { epochInstance, jobInstance } from '../../protocol/ids.ts'
import { entryIdOf, type SignedEntry, VOTE } from '../../protocol/ledger/entry.ts'
import type { Write } from '../../protocol/records/record.ts'
import { keys } from '../../protocol/records/keys.ts'
import { EPOCH_ORDER } from '../../protocol/swarm/governance.ts'
import { REVOCATION } from '../../protocol/swarm/invitation.ts'
import type { Observation } from '../observation.ts'
import { certified, digestOf, entryOf, founding, frameOf, GRANT, minted, minter } from './bench.ts'
import { openedJob, persisted, reports, runner, settledBy, show, swarm, witnesses } from './bench.ts'
import type { Facts } from './checker.ts'
import { createClosedFactsChecker } from './closed-facts.ts'
import { createEpochRecord } from './epoch-record.ts'
import { createLostRightsChecker } from './lost-rights.ts'
import { createOrderedEpochChecker } from './ordered-epoch.ts'
import { createSingleFactChecker } from './single-fact.ts'
import { createSingleSignatureChecker } from './single-signature.ts'
import { createStopKeptChecker } from './stop-kept.ts'

const [first, second, third, last] = witnesses as readonly [Signer, Signer, Signer, Signer]
/** Epoch 0 is the last witness's alone; it is removed, and the others follow. */
const alone = { ...founding, witnesses: [last.id] }
const others = { ...founding, number: 1, witnesses: [first.id, second.id, third.id] }
const grown: Partial<Facts> = {
  epochOf: (number) => [alone, others][number],
  newestEpoch: () => others,
}
const isForged = () => true

function decidedEpoch(
  signers: readonly Signer[],
  accepting: readonly Signer[],
  parts: readonly SignedEntry[] = [],
  fee = 0n,
): Write {
  const { number, ...later } = others
  const governance = {
    ...later,
    treasury: minter.id,
    params: { priorTrust: 1, minConfidence: 0, fee, maxPrice: 1n, trustBidders: 0 },
    rules: digestOf('rules'),
  }
  const order = signTogether(signers, swarm, EPOCH_ORDER, { number, governance })
  const accepts = accepting.map((one) => sign(one, swarm, ACCEPT, { number: 1, order: orderDigestOf(order) }))
  const handover = cutHandover({ locks: parts, prepared: [] }, 1).name
  const value = { type: 'epoch', order, accepts, root: digestOf('root'), handover } as const
  const instance = epochInstance(1)
  const ballot = { instance, epoch: 0, round: 0, value: valueDigestOf(value) }
  const sigs = new Map([[0, sign(last, swarm, COMMIT_BALLOT, ballot).sig]])
  const decision = { instance, round: 0, value, quorum: quorumOf(0, 1, sigs) }
  return { key: keys.epochDecision(1), value: encodeBody(decisionCodec, decision) }
}

describe('the epochs of a world', () => {
  it('are read off the first decision that anybody writes', () => {
    const record = createEpochRecord(alone)
    record.note([decidedEpoch([minter], [])])
    expect(record.newest).toMatchObject({ number: 1, witnesses: others.witnesses })
    expect(record.of(0)).toBe(alone)
    expect(record.of(2)).toBeUndefined()
  })
})

describe('an epoch that nobody may begin', () => {
  const found = (...write: Parameters<typeof decidedEpoch>) =>
    reports(
      createOrderedEpochChecker,
      (checker) => checker.stored?.(minter.id, [decidedEpoch(...write)]),
      new Map(),
      undefined,
      grown,
    )

  it('is one whose order too few have signed', () => {
    expect(found([minter], [first, second, third])).toEqual([])
    expect(found([last], [first, second, third])).toEqual([])
    const others = [first, second, third, runner].filter(({ id }) => id !== minter.id && id !== last.id)
    expect(found(others, [first, second, third])).toHaveLength(1)
  })

  it('is one that adds somebody who has not accepted', () => {
    expect(found([minter], [first, second])).toHaveLength(1)
  })

  it('is one that somebody else begins by another order', () => {
    const both = reports(
      createOrderedEpochChecker,
      (checker) => {
        checker.stored?.(minter.id, [decidedEpoch([minter], [first, second, third])])
        checker.stored?.(runner.id, [decidedEpoch([minter], [first, second, third])])
        checker.stored?.(runner.id, [decidedEpoch([minter], [first, second, third], [], 7n)])
      },
      new Map(),
      undefined,
      grown,
    )
    expect(both).toHaveLength(1)
  })
})

describe('a stop', () => {
  const sent = (frame: Uint8Array): Observation => ({
    type: 'effect',
    peer: minter.id,
    effect: { type: 'send', to: runner.id, channel: 'agree', frame, after: 0 },
  })
  const vote = frameOf(VOTE, 'vote', minter, {
    epoch: 0,
    account: minter.id,
    seq: 0,
    entry: entryIdOf(minted),
  })
  const prepare = (instance: ReturnType<typeof epochInstance>) =>
    frameOf(PREPARE, 'prepare', minter, { instance, epoch: 0, round: 0, value: digestOf('value') })
  const stop = persisted(keys.epochStop, new Uint8Array(1))
  const found = (
    observations: readonly Observation[],
    durable: ReadonlyMap<string, Uint8Array> = new Map(),
  ) =>
    reports(
      createStopKeptChecker,
      (checker) => {
        for (const observation of observations) checker.observe?.(observation)
      },
      durable,
    )

  it('leaves a witness nothing to say but about the next epoch', () => {
    expect(found([sent(vote), stop])).toEqual([])
    expect(found([stop, sent(vote)])).toHaveLength(1)
    expect(found([stop, sent(prepare(jobInstance(openedJob, 0)))])).toHaveLength(1)
    expect(found([stop, sent(prepare(epochInstance(1)))])).toEqual([])
    expect(found([stop, persisted(keys.epochStop, null), sent(vote)])).toEqual([])
  })

  it('outlives a crash', () => {
    const started: Observation = { type: 'started', peer: minter.id, boot: 2 }
    expect(found([started, sent(vote)], new Map([[keys.epochStop, new Uint8Array(1)]]))).toHaveLength(1)
    expect(found([stop, started, sent(vote)])).toEqual([])
  })
})

/** The writes by which epoch 0 hands one entry over. */
function handedOver(entry: SignedEntry): readonly Write[] {
  const { name, parts } = cutHandover({ locks: [entry], prepared: [] }, 1)
  const list = { type: 'list', number: 1, parts: [...parts.keys()] } as const
  const pieces = Array.from(
    parts,
    ([digest, part]): Write => ({
      key: keys.handover(digest),
      value: encodeBody(pieceCodec, { type: 'part', number: 1, ...part }),
    }),
  )
  const named: Write = { key: keys.handover(name), value: encodeBody(pieceCodec, list) }
  return [named, ...pieces, decidedEpoch([minter], [], [entry])]
}

describe('a fact of a closed epoch', () => {
  const write = ([key, value]: ReturnType<typeof certified>): Write => ({ key, value })
  const found = (changes: Partial<Facts>, writes: readonly Write[]) =>
    reports(
      createClosedFactsChecker,
      (checker) => {
        for (const { key, value } of writes) checker.observe?.(persisted(key, value))
        checker.stored?.(minter.id, writes)
      },
      new Map(),
      undefined,
      changes,
    )

  it('that stolen keys have signed is taken by nobody, unless it is listed', () => {
    expect(found({}, [write(certified(minted))])).toEqual([])
    expect(found({ isForged }, [write(certified(minted))])).toHaveLength(1)
    const listed = [...handedOver(minted), write(certified(minted))]
    expect(found({ isForged }, listed)).toEqual([])
  })

  it('makes no money by a key that minted in another epoch', () => {
    const foreign = entryOf(runner, { ops: [{ type: 'mint', to: runner.id, amount: GRANT, memo: '' }] })
    expect(found({}, [write(certified(foreign))])).toHaveLength(1)
  })
})

describe('a right that is lost', () => {
  const revocation = signTogether([minter], swarm, REVOCATION, { key: runner.id, epoch: 0 })
  const revoking = entryOf(minter, { ops: [{ type: 'revoke', revocation }] })
  const lost = { ...founding, minters: [runner.id], operators: { keys: [runner.id], needed: 1 } }
  const found = (writes: readonly Write[], epoch: typeof founding) =>
    reports(
      createLostRightsChecker,
      (checker) => {
        for (const { key, value } of writes) checker.observe?.(persisted(key, value))
        checker.stored?.(minter.id, writes)
      },
      new Map(),
      undefined,
      { epochOf: (number) => (number === 0 ? epoch : undefined) },
    )

  it.each([
    ['a mint', minted],
    ['a revocation', revoking],
  ])('gives %s to nobody, by no way', (what, entry) => {
    const ways = [
      ...[certified(entry), settledBy([entry])].map(([key, value]): readonly Write[] => [{ key, value }]),
      handedOver(entry),
    ]
    for (const way of ways) {
      expect(found(way, founding)).toEqual([])
      expect(found(way, lost)).toEqual([expect.stringContaining(what)])
    }
  })

  it('pays nothing where two entries are merged', () => {
    const other = entryOf(minter, { ops: [{ type: 'mint', to: runner.id, amount: GRANT, memo: '' }] })
    const [key, value] = settledBy([minted, other])
    expect(found([{ key, value }], lost)).toEqual([])
  })
})

describe('signatures of several epochs', () => {
  const voted = (epoch: number, signer: Signer, entry: SignedEntry) =>
    frameOf(VOTE, 'vote', signer, { epoch, account: minter.id, seq: 0, entry: entryIdOf(entry) })
  const other = entryOf(minter, { ops: [{ type: 'mint', to: runner.id, amount: GRANT, memo: '' }] })
  const found = (frames: readonly Uint8Array[], changes: Partial<Facts> = {}) =>
    reports(createSingleFactChecker, (checker) => show(checker, frames), new Map(), undefined, {
      ...grown,
      ...changes,
    })

  it('settle a place once, each by its own epoch’s quorum', () => {
    const before = voted(0, last, minted)
    expect(found([before, voted(1, first, other)])).toEqual([])
    expect(found([before, voted(1, first, other), voted(1, second, other)])).toHaveLength(1)
    expect(found([before, voted(1, first, minted), voted(1, second, minted)])).toEqual([])
    // The last one doesn't witness any more.
    expect(found([before, voted(1, first, other), voted(1, last, other)])).toEqual([])
  })

  it('count for nothing where the key was stolen', () => {
    const later = [voted(1, first, other), voted(1, second, other)]
    expect(found([voted(0, last, minted), ...later], { isForged })).toEqual([])
  })

  it('may differ where one epoch follows the other, and not within one', () => {
    const twice = (epoch: number) =>
      reports(createSingleSignatureChecker, (checker) =>
        show(checker, [voted(0, first, minted), voted(epoch, first, other)]),
      )
    expect(twice(1)).toEqual([])
    expect(twice(0)).toHaveLength(1)
  })
})
