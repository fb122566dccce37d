import { describe, expect, it } from 'vitest'
import { plainFrame } from '../../protocol/encoding/envelope.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { COMMIT, REVEAL, SEAL, sealDigestOf } from '../../protocol/jobs/messages.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { PeerView, Supply } from '../../protocol/peer/view.ts'
import { rosterOf } from '../../protocol/swarm/live-roster.ts'
import { foundSwarm } from '../founding.ts'
import type { Observation } from '../observation.ts'
import { VOTE } from '../../protocol/ledger/entry.ts'
import { createRandom } from '../random.ts'
import { createStandInMind } from '../stand-in-mind.ts'
import { certified, decided, digestOf, frameOf, minted, minter, openedJob, persisted } from './bench.ts'
import { lostOne, reports, runner, show, swarm, witnesses } from './bench.ts'
import { createConvergenceChecker } from './convergence.ts'
import { createDecidedRunChecker } from './decided-run.ts'
import { createEvidenceReader } from './evidence.ts'
import { createPermanenceChecker } from './permanence.ts'
import { createSealedRevealChecker } from './sealed-reveal.ts'
import { createSilenceChecker } from './silence.ts'
import { createSupplyChecker } from './supply.ts'

const rules = digestOf('rules')
const roster = rosterOf(
  foundSwarm({
    founders: [{ signer: minter, operator: 'a', witness: true }],
    treasury: minter,
    rules,
    charter: {
      diversity: 'peer',
      params: { priorTrust: 1, minConfidence: 0, fee: 0n, maxPrice: 1n, trustBidders: 0 },
    },
    random: createRandom('charter'),
  }),
)
const view = (changes: Partial<PeerView>): PeerView => ({
  ...createStandInMind({ signer: minter, charter: roster.charter, rules }).view,
  ...changes,
})
const nothing = { minted: 0n, free: 0n, unclaimed: 0n, escrowed: 0n, burnt: 0n }

describe('supply', () => {
  const found = (supply: Partial<Supply>) =>
    reports(createSupplyChecker, (checker) => {
      checker.observe?.(persisted('account/x', new Uint8Array(1)))
      const supplied = view({ supply: () => ({ ...nothing, ...supply }) })
      checker.observe?.({ type: 'handled', peer: minter.id, view: supplied })
    })

  it('finds credit that came from nowhere, went nowhere or is negative', () => {
    expect(found({ minted: 5n, free: 2n, unclaimed: 2n, escrowed: 1n })).toEqual([])
    expect(found({ minted: 5n, free: 6n })).toHaveLength(1)
    expect(found({ minted: 5n, free: 4n })).toHaveLength(1)
    expect(found({ minted: 5n, free: 6n, escrowed: -1n })).toHaveLength(1)
  })
})

describe('silence', () => {
  const frame = frameOf(VOTE, 'vote', lostOne, {
    epoch: 0,
    account: minter.id,
    seq: 0,
    entry: digestOf('entry'),
  })
  const sentBy = (peer: PeerId) =>
    reports(createSilenceChecker, (checker) => {
      const evidence = createEvidenceReader().frame(frame)
      if (evidence !== undefined) checker.evidence?.(peer, evidence)
    })

  it('finds a witness that votes though its votes are lost', () => {
    expect(sentBy(lostOne.id)).toHaveLength(1)
    expect(sentBy(runner.id)).toEqual([])
  })
})

describe('decided run', () => {
  const order = {
    job: openedJob,
    step: 0,
    slot: 0,
    prompt: { digest: digestOf('prompt'), size: 6 },
    model: 'reference',
    sampling: { temperatureMilli: 0, seed: 0, maxTokens: 1 },
  }
  const run: Observation = { type: 'left', peer: runner.id, effect: { type: 'run', order, after: 0 } }

  it('finds a run without a durable decision for it', () => {
    const ended = new Map([decided(openedJob, 0, { type: 'void', reason: 'expired', cancel: null })])
    expect(reports(createDecidedRunChecker, (checker) => checker.observe?.(run))).toHaveLength(1)
    expect(reports(createDecidedRunChecker, (checker) => checker.observe?.(run), ended)).toHaveLength(1)
  })
})

describe('sealed reveal', () => {
  const commit = sign(runner, swarm, COMMIT, {
    job: openedJob,
    step: 0,
    slot: 0,
    rank: 0,
    commitment: digestOf('commitment'),
  })
  const revealOn = (sealing: number, holding: number) => {
    const seals = witnesses.slice(0, sealing).map((witness, at) =>
      sign(witness, swarm, SEAL, {
        job: openedJob,
        step: 0,
        commits: at < holding ? [commit] : [],
        started: [],
      }),
    )
    const reveal = sign(runner, swarm, REVEAL, {
      job: openedJob,
      step: 0,
      slot: 0,
      salt: new Uint8Array(32),
      answer: { digest: digestOf('answer'), size: 6 },
      seals: seals.map((seal) => ({ witness: seal.signer, seal: sealDigestOf(seal) })),
    })
    return plainFrame(swarm, runner.id, 'reveal', { reveal, seals })
  }
  const found = (sealing: number, holding: number) =>
    reports(createSealedRevealChecker, (checker) => show(checker, [revealOn(sealing, holding)]))

  it('finds an answer that was shown too early', () => {
    expect(found(3, 2)).toEqual([])
    expect(found(2, 2)).toHaveLength(1)
    expect(found(4, 1)).toHaveLength(1)
  })
})

describe('permanence', () => {
  const [key, value] = certified(minted)

  it('finds a fact that is deleted or is missing somewhere in the end', () => {
    const conclude = (records: ReadonlyMap<string, Uint8Array>) =>
      reports(createPermanenceChecker, (checker) => {
        checker.stored?.(minter.id, [{ key, value }])
        checker.conclude?.([{ peer: runner.id, records, view: undefined }])
      })
    expect(conclude(new Map([[key, value]]))).toEqual([])
    expect(conclude(new Map())).toHaveLength(1)
    expect(
      reports(createPermanenceChecker, (checker) => checker.stored?.(minter.id, [{ key, value: null }])),
    ).toHaveLength(1)
  })
})

describe('convergence', () => {
  const found = (...views: readonly (PeerView | undefined)[]) =>
    reports(createConvergenceChecker, (checker) =>
      checker.conclude?.(views.map((each) => ({ peer: minter.id, records: new Map(), view: each }))),
    )

  it('finds a peer that is down and roots that differ', () => {
    expect(found(view({}), view({}))).toEqual([])
    expect(found(view({}), undefined)).toHaveLength(1)
    expect(found(view({}), view({ ledgerRoot: () => digestOf('other') }))).toHaveLength(1)
  })
})
