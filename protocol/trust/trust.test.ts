import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Judgement } from '../agreement/instance-rules.ts'
import { type Decision, valueDigestOf } from '../agreement/messages.ts'
import type { Value } from '../agreement/value.ts'
import { type JobId, jobInstance, parseJobInstance, type PeerId, trustInstance } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { LIMITS, TIMES } from '../params.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import type { Outbox } from '../peer/outbox.ts'
import { HOT_PREFIXES } from '../records/keys.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { createWitnessDuty } from '../swarm/witness-duty.ts'
import { createFacts, type Facts } from '../sync/facts.ts'
import { createStateDigest } from '../sync/state-digest.ts'
import { LATENCY, type LatencyReport } from './latency.ts'
import type { JobDecided } from './outcomes.ts'
import { chainOf, type Did, MODEL, said } from './testing-closes.ts'
import { Trust } from './trust.ts'
import { snapshotId, type TrustValue } from './value.ts'

const { signers, ids, roster } = fourWitnesses()
const [first, second, third, fourth] = ids as [PeerId, PeerId, PeerId, PeerId]
const { charter } = roster
const QUORUM = { epoch: 0, signers: Uint8Array.of(7), sigs: [1, 2, 3].map(() => new Uint8Array(64)) }
const LATER = 1_000_000
const FOREIGN = snapshotId(9)

/** One peer's trust with the chains of decisions behind it, as jobs would keep them. */
class Peer {
  readonly records = new Map<string, Uint8Array>()
  readonly #heads = new Map<JobId, { step: number; end: string | null }>()
  digest = createStateDigest()
  now = 1_000
  trust = this.#start()
  facts = this.#factsOf()

  act<T>(action: (out: Outbox) => T): T {
    const out = new EventOutbox(first, roster.swarm, this.now)
    const result = action(out)
    for (const effect of out.seal(0).effects) {
      for (const { key, value } of effect.type === 'persist' ? effect.writes : []) {
        if (value === null) this.records.delete(key)
        else this.records.set(key, value)
      }
    }
    return result
  }

  /** The process is lost, the records stay; in another order than the disk would give them. */
  restart(): void {
    this.digest = createStateDigest()
    this.trust = this.#start()
    for (const [key, value] of [...this.records].toReversed())
      if (HOT_PREFIXES.some((prefix) => key.startsWith(prefix))) this.trust.restore({ key, value })
    this.act((out) => this.trust.start(out))
    this.facts = this.#factsOf()
  }

  take(decided: JobDecided): void {
    const { job, step, value } = decided
    this.#heads.set(job, { step, end: value.type === 'assign' || value.type === 'again' ? null : value.type })
    this.act((out) => this.trust.onJobDecided(out, decided))
  }

  takeAll(chains: readonly (readonly JobDecided[])[]): void {
    for (const decided of chains.flat()) this.take(decided)
  }

  report(signer: PeerId, about: Partial<LatencyReport> = {}): void {
    const body = { number: this.trust.number + 1, peers: [], ...about }
    const message = { kind: 'latency', from: signer, ...said(LATENCY, signer, body) } as MessageOf<'latency'>
    this.act((out) => this.trust.onReport(out, message))
  }

  judge(value: Value, number = this.trust.number + 1): Judgement {
    return this.act((out) => this.trust.rules.judge(out, trustInstance(number), value, first))
  }

  /** A value that this peer would propose once it is due and everybody has reported. */
  build(peers: LatencyReport['peers'] = []): TrustValue {
    for (const id of ids) this.report(id, { peers })
    const built = this.act((out) => this.trust.rules.build(out, trustInstance(this.trust.number + 1)))
    if (built?.type !== 'trust') throw new Error('nothing to propose')
    return built
  }

  decide(value: TrustValue) {
    return this.act((out) => this.trust.applyDecision(out, decisionOf(value)))
  }

  trusts(number?: number): readonly number[] {
    const snapshot = number === undefined ? this.trust.newest() : this.trust.at(number)
    return ids.map((id) => snapshot?.row(id, MODEL).trust ?? -1)
  }

  #start(): Trust {
    const [signer] = signers
    if (signer === undefined) throw new Error('no signer')
    return new Trust({
      signer,
      roster,
      duty: createWitnessDuty(first, roster),
      digest: this.digest,
      jobHead: (job) => this.#heads.get(job),
      agreement: () => ({ stir: () => undefined, forget: () => undefined }),
      applied: () => undefined,
    })
  }

  #factsOf(): Facts {
    return createFacts({
      self: first,
      heads: {
        nextSeq: () => 0,
        jobStep: (job) => this.#heads.get(job)?.step,
        resolved: () => undefined,
        trust: () => this.trust.number,
        placeKeys: () => [],
      },
      applyCertificate: () => ({ status: 'known' }),
      admits: () => true,
      applyDecision: (out, decision) => this.#apply(out, decision),
    })
  }

  #apply(out: Outbox, decision: Decision) {
    const parsed = parseJobInstance(decision.instance)
    if (parsed === undefined) return this.trust.applyDecision(out, decision)
    const { job, step } = parsed
    const head = this.#heads.get(job)?.step ?? -1
    if (step > head + 1) return { status: 'missing' as const, ids: [job] }
    if (step <= head) return { status: 'known' as const }
    const decided = CHAINS.flat().find((one) => one.job === job && one.step === step)
    if (decided === undefined) throw new Error('no such decision')
    this.#heads.set(job, { step, end: step === 0 ? null : 'close' })
    this.trust.onJobDecided(out, decided)
    return { status: 'applied' as const }
  }
}

function decisionOf(value: TrustValue): Decision {
  return { instance: trustInstance(value.number), round: 0, value, quorum: QUORUM }
}

function chain(nonce: number, dids: readonly Did[], submitter = first): readonly JobDecided[] {
  const replicas = dids.map((did, at) => ({ peer: [second, third, fourth][at] ?? fourth, did }))
  return chainOf({ charter, nonce, submitter, replicas })
}

const CHAINS = [
  chain(0, ['agreed', 'agreed', 'outvoted']),
  chain(1, ['agreed', 'unrevealed', 'agreed']),
  chain(2, ['agreed', 'agreed', 'noshow']),
  chain(3, ['fault', 'agreed', 'agreed']),
  chain(4, ['timeout', 'agreed', 'agreed'], second),
]
const JOBS = CHAINS.map(([decided]) => decided?.job ?? FOREIGN)

function fed(chains = CHAINS): Peer {
  const peer = new Peer()
  peer.takeAll(chains)
  peer.now = LATER
  return peer
}

/** Two snapshots over the five chains: the first folds three of them. */
function twoSnapshots(): { readonly peer: Peer; readonly values: readonly TrustValue[] } {
  const peer = fed(CHAINS.slice(0, 3))
  const one = peer.build([{ peer: second, ms: 7 }])
  expect(peer.decide(one).status).toBe('applied')
  peer.takeAll(CHAINS.slice(3))
  peer.now = 2 * LATER
  const two = peer.build()
  expect(peer.decide(two).status).toBe('applied')
  return { peer, values: [one, two] }
}

describe('a value', () => {
  it('is judged by refolding it', () => {
    const value = fed().build()
    expect(value.closes).toEqual(JOBS.toSorted((a, b) => (a < b ? -1 : 1)))
    expect(fed().judge(value)).toEqual({ verdict: 'prepare' })
  })

  const good = fed().build()
  const unsorted = good.closes.toReversed()
  const doubled = good.closes.flatMap((job) => [job, job])
  const [report] = good.reports
  const foreign = said(LATENCY, roster.charter.treasury, { number: 1, peers: [] })
  const stranger = { ...foreign, signer: '12D3KooWStranger' as PeerId }
  const twice = [
    { peer: second, ms: 1 },
    { peer: second, ms: 2 },
  ]
  const rows: readonly [string, Partial<TrustValue>][] = [
    ['another root', { root: snapshotId(1) }],
    ['the root of other closes', { closes: good.closes.slice(1) }],
    ['closes out of order', { closes: unsorted }],
    ['a close twice', { closes: doubled }],
    ['too few reports', { reports: good.reports.slice(0, 2) }],
    ['no reports', { reports: [] }],
    ['one report twice', { reports: [...good.reports.slice(0, 2), ...good.reports.slice(1, 3)] }],
    ['reports out of order', { reports: good.reports.toReversed() }],
    ['a report by somebody who is no witness', { reports: [stranger, ...good.reports] }],
    [
      'a report for another snapshot',
      {
        reports: [said(LATENCY, report?.signer ?? first, { number: 2, peers: [] }), ...good.reports.slice(1)],
      },
    ],
    [
      'a report that names a peer twice',
      {
        reports: [
          said(LATENCY, report?.signer ?? first, { number: 1, peers: twice }),
          ...good.reports.slice(1),
        ],
      },
    ],
    ['another number', { number: 2 }],
  ]
  it.each(rows)('with %s is not valid', (_, change) => {
    expect(fed().judge({ ...good, ...change })).toEqual({ verdict: 'not_valid' })
  })

  it('is for one instance only', () => {
    expect(fed().judge(good, 2)).toEqual({ verdict: 'not_valid' })
    expect(fed().judge({ type: 'void', reason: 'expired' })).toEqual({ verdict: 'not_valid' })
  })

  it('waits for closes that are not here, a few at a time', () => {
    expect(fed(CHAINS.slice(1)).judge(good)).toEqual({ verdict: 'missing', ids: [JOBS[0]] })
    const begun = fed(CHAINS.slice(1))
    begun.takeAll([CHAINS[0]?.slice(0, 1) ?? []])
    expect(begun.judge(good)).toEqual({ verdict: 'missing', ids: [JOBS[0]] })
    const unknown = Array.from({ length: 40 }, (_, at) => snapshotId(at)).sort((a, b) => (a < b ? -1 : 1))
    const judged = fed([]).judge({ ...good, closes: unknown })
    expect(judged).toEqual({ verdict: 'missing', ids: unknown.slice(0, 16) })
  })

  it('has no place for a close of which nothing counts', () => {
    const peer = fed()
    const lone = chain(8, ['agreed'])
    peer.takeAll([lone])
    const closes = [...good.closes, lone[0]?.job ?? FOREIGN].sort((a, b) => (a < b ? -1 : 1))
    expect(peer.judge({ ...good, closes })).toEqual({ verdict: 'not_valid' })
  })

  it('has no place for a close that a snapshot before it folded', () => {
    const { peer, values } = twoSnapshots()
    const [one] = values
    peer.takeAll([chain(9, ['agreed', 'agreed', 'agreed'])])
    peer.now = 3 * LATER
    const third = peer.build()
    expect(peer.judge(third)).toEqual({ verdict: 'prepare' })
    const again = [...third.closes, ...(one?.closes ?? [])].sort((a, b) => (a < b ? -1 : 1))
    expect(peer.judge({ ...third, closes: again })).toEqual({ verdict: 'not_valid' })
  })

  it('has to fold what was applied long ago, and the refusal says what', () => {
    const partial = fed(CHAINS.slice(0, 4)).build()
    const late = CHAINS[4]?.[0]?.job
    const judged = fed().judge(partial)
    expect(judged).toMatchObject({ verdict: 'guard', items: { closes: [late] } })
    const fresh = fed(CHAINS.slice(0, 4))
    fresh.takeAll(CHAINS.slice(4))
    fresh.now += TIMES.trustMs - 1
    expect(fresh.judge(partial)).toEqual({ verdict: 'prepare' })
    fresh.now += 1
    expect(fresh.judge(partial)).toEqual(judged)
  })

  it('is not prepared before its time', () => {
    const { peer } = twoSnapshots()
    peer.takeAll([chain(9, ['agreed', 'agreed', 'agreed'])])
    peer.now += TIMES.trustMs - 1
    const early = new Peer()
    early.takeAll([])
    expect(peer.act((out) => peer.trust.rules.build(out, trustInstance(3)))).toBeUndefined()
    peer.now += 1
    const value = peer.build()
    peer.now -= 1
    expect(peer.judge(value)).toMatchObject({ verdict: 'guard', items: { closes: [] } })
    peer.now += 1
    expect(peer.judge(value)).toEqual({ verdict: 'prepare' })
  })

  it('may leave out what waits for long, and comes as soon as it may, when it is full', {
    timeout: 30_000,
  }, () => {
    const peer = new Peer()
    const many = Array.from({ length: LIMITS.closes + 1 }, (_, nonce) =>
      chainOf({ charter, nonce: 100 + nonce, submitter: first, replicas: [{ peer: second, did: 'noshow' }] }),
    )
    const [one] = CHAINS
    peer.takeAll([one ?? []])
    peer.now = LATER
    expect(peer.decide(peer.build()).status).toBe('applied')
    peer.takeAll(many.slice(0, -2))
    const due = () => peer.trust.rules.dueAt(trustInstance(2))
    expect(due()).toBe(LATER + TIMES.trustMs)
    peer.takeAll(many.slice(-2))
    expect(due()).toBe(LATER + TIMES.snapshotMs)
    peer.now += TIMES.snapshotMs
    const full = peer.build()
    expect(full.closes).toHaveLength(LIMITS.closes)
    peer.now += TIMES.trustMs
    expect(peer.judge(full)).toEqual({ verdict: 'prepare' })
    expect(peer.decide(full).status).toBe('applied')
    expect(peer.trust.waiting()).toBe(1)
  })
})

describe('reports', () => {
  it('are kept of witnesses only, the first of each, for the next snapshot', () => {
    const peer = fed()
    peer.report(second, { peers: [{ peer: third, ms: 5 }] })
    peer.report(second, { peers: [{ peer: third, ms: 900 }] })
    peer.report(third, { number: 2 })
    peer.report('12D3KooWStranger' as PeerId)
    expect(peer.act((out) => peer.trust.rules.build(out, trustInstance(1)))).toBeUndefined()
    peer.report(third, { peers: [{ peer: fourth, ms: 8 }] })
    peer.report(fourth, { peers: [{ peer: third, ms: 30 }] })
    const value = peer.act((out) => peer.trust.rules.build(out, trustInstance(1)))
    expect(value).toMatchObject({ reports: { length: 3 } })
    if (value?.type !== 'trust') throw new Error('nothing to propose')
    peer.decide(value)
    // Lower medians; a peer that nobody names has none.
    const latency = ids.map((id) => peer.trust.newest().row(id, MODEL).latencyMs)
    expect(latency).toEqual([undefined, undefined, 5, 8])
  })

  it('that name a peer twice are not kept: every value that held one would be refused', () => {
    const peer = fed()
    const twice = { peer: third, ms: 5 }
    peer.report(second, { peers: [twice, twice] })
    peer.report(third)
    peer.report(fourth)
    expect(peer.act((out) => peer.trust.rules.build(out, trustInstance(1)))).toBeUndefined()
    // Its proper report is still welcome.
    peer.report(second, { peers: [twice] })
    const value = peer.act((out) => peer.trust.rules.build(out, trustInstance(1)))
    expect(value?.type === 'trust' && peer.judge(value)).toEqual({ verdict: 'prepare' })
  })

  it('of this witness are signed once for a snapshot, across a restart', () => {
    const peer = fed()
    peer.trust.onLatency(second, 12)
    const sent = () =>
      peer.act((out) => {
        peer.trust.onTimer(out, 'trust/due')
        return peer.records
      })
    sent()
    const before = peer.records.get('trust-report')
    expect(before).toBeDefined()
    peer.restart()
    peer.trust.onLatency(second, 99)
    sent()
    expect(peer.records.get('trust-report')).toEqual(before)
  })
})

describe('snapshots', () => {
  it('are due only while something waits to be folded', () => {
    const idle = new Peer()
    const due = () => idle.trust.rules.dueAt(trustInstance(1))
    expect(due()).toBeUndefined()
    idle.takeAll([chain(0, ['agreed'])])
    expect(due()).toBeUndefined()
    idle.takeAll(CHAINS.slice(1, 2))
    expect(due()).toBe(TIMES.trustMs)
  })

  it('stay readable when later ones come, and after a restart', () => {
    const { peer } = twoSnapshots()
    const founding = ids.map(() => charter.params.priorTrust)
    const seen = [peer.trusts(0), peer.trusts(1), peer.trusts(2)]
    expect(seen[0]).toEqual(founding)
    expect(seen[1]).not.toEqual(founding)
    expect(seen[2]).not.toEqual(seen[1])
    const [, one] = [0, 1].map((number) => peer.trust.at(number)?.row(second, MODEL))
    expect(one?.latencyMs).toBe(7)
    const root = peer.digest.root()
    peer.restart()
    expect([peer.trusts(0), peer.trusts(1), peer.trusts(2)]).toEqual(seen)
    expect(peer.digest.root()).toBe(root)
    expect(peer.trust.at(3)).toBeUndefined()
  })

  it('are forgotten when eight later ones are known, but never the founding one', () => {
    const peer = new Peer()
    for (let number = 1; number <= 10; number += 1) {
      peer.takeAll([chain(10 + number, ['agreed', 'agreed', 'agreed'])])
      peer.now += LATER
      expect(peer.decide(peer.build()).status).toBe('applied')
    }
    const readable = Array.from({ length: 11 }, (_, number) => number).filter(
      (number) => peer.trust.at(number) !== undefined,
    )
    expect(readable).toEqual([0, 3, 4, 5, 6, 7, 8, 9, 10])
    const kept = [...peer.records.keys()].filter((key) => key.startsWith('trust-snapshot/'))
    expect(kept).toHaveLength(8)
  })

  it('are the same, each close folded once, in whatever order closes and decisions arrive', () => {
    const { peer: reference, values } = twoSnapshots()
    const decisions: readonly Decision[] = [
      ...CHAINS.flat().map(({ job, step, value }) => ({
        instance: jobInstance(job, step),
        round: 0,
        value,
        quorum: QUORUM,
      })),
      ...values.map(decisionOf),
    ]
    const order = fc.shuffledSubarray(
      decisions.map((_, at) => at),
      { minLength: decisions.length },
    )
    fc.assert(
      fc.property(order, fc.nat(decisions.length), (places, restartAt) => {
        const peer = new Peer()
        places.forEach((place, at) => {
          if (at === restartAt) peer.restart()
          const decision = decisions[place]
          if (decision !== undefined)
            peer.act((out) => peer.facts.apply(out, { type: 'decision', decision }, first))
        })
        // Whatever waited in memory when the process was lost is brought again by sync.
        for (const decision of [...decisions, ...decisions])
          peer.act((out) => peer.facts.apply(out, { type: 'decision', decision }, first))
        peer.act((out) => peer.facts.onTimer(out, 'sync/wake'))
        expect(peer.trust.number).toBe(2)
        expect(peer.trust.root()).toBe(reference.trust.root())
        expect(peer.digest.root()).toBe(reference.digest.root())
        expect(peer.trusts()).toEqual(reference.trusts())
        expect(peer.trust.waiting()).toBe(0)
        expect(peer.facts.contradictions()).toBe(0)
        peer.restart()
        expect(peer.trust.root()).toBe(reference.trust.root())
        expect(peer.digest.root()).toBe(reference.digest.root())
      }),
      { numRuns: 60 },
    )
  })

  it('contradict what is decided here only with another root', () => {
    const { peer, values } = twoSnapshots()
    const [one, two] = values
    if (one === undefined || two === undefined) throw new Error('two values')
    expect(peer.decide(one).status).toBe('known')
    expect(peer.decide(two).status).toBe('known')
    expect(peer.decide({ ...two, number: 4 })).toEqual({ status: 'missing', ids: [snapshotId(3)] })
    expect(fed().decide({ ...fed().build(), root: snapshotId(1) }).status).toBe('contradiction')
    expect(valueDigestOf(one)).not.toBe(valueDigestOf(two))
  })
})
