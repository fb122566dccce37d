import { type Judgement, NO_ITEMS } from '../agreement/instance-rules.ts'
import type { Decision } from '../agreement/messages.ts'
import type { Value } from '../agreement/value.ts'
import { type InstanceId, type JobId, parseJobInstance, type PeerId, trustInstance } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import type { Outbox } from '../peer/outbox.ts'
import { HOT_PREFIXES } from '../records/keys.ts'
import { createRoster } from '../swarm/live-roster.ts'
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
export { ids, roster }
export const [first, second, third, fourth] = ids as [PeerId, PeerId, PeerId, PeerId]
const { charter } = roster
export const QUORUM = { epoch: 0, signers: Uint8Array.of(7), sigs: [1, 2, 3].map(() => new Uint8Array(64)) }
export const LATER = 1_000_000
export const FOREIGN = snapshotId(9)

const FOLD = 'trust/fold'

/** One peer's trust with the chains of decisions behind it, as jobs would keep them. */
export class Peer {
  readonly records = new Map<string, Uint8Array>()
  readonly #heads = new Map<JobId, { step: number; end: string | null }>()
  readonly #timers = new Set<string>()
  readonly stirred: InstanceId[] = []
  readonly #roster = createRoster(charter)
  digest = createStateDigest()
  now = 1_000
  trust = this.#start()
  facts = this.#factsOf()

  act<T>(action: (out: Outbox) => T): T {
    const out = new EventOutbox(first, roster.swarm, this.now)
    const result = action(out)
    for (const effect of out.seal(0).effects) {
      if (effect.type === 'timer') this.#timers.add(effect.id)
      if (effect.type === 'cancel-timer') this.#timers.delete(effect.id)
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
    this.#timers.clear()
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

  /** The next epoch begins, with these witnesses. */
  enter(witnesses: readonly PeerId[]): void {
    const governance = { ...this.#roster.governance, witnesses: witnesses.toSorted() }
    this.act((out) => {
      this.#roster.enter(out, governance, FOREIGN)
      this.trust.onEpoch(out)
    })
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
    const built = this.propose() ?? (this.work() > 0 ? this.propose() : undefined)
    if (built?.type !== 'trust') throw new Error('nothing to propose')
    return built
  }

  propose(): Value | undefined {
    return this.act((out) => this.trust.rules.build(out, trustInstance(this.trust.number + 1)))
  }

  /** A witness refuses what this peer proposed, for want of closes. */
  refuse(closes: readonly JobId[]): void {
    const instance = trustInstance(this.trust.number + 1)
    const refusal = { ...NO_ITEMS, instance, epoch: 0, round: 0, code: 'guard', missing: [], closes } as const
    this.act((out) => this.trust.rules.learn(out, refusal, second))
  }

  /** A decision that somebody sent. */
  receive(decision: Decision) {
    return this.act((out) => this.facts.apply(out, { type: 'decision', decision }, second))
  }

  decide(value: TrustValue) {
    return this.act((out) => this.trust.applyDecision(out, decisionOf(value)))
  }

  mustApply(value: TrustValue): void {
    const { status } = this.decide(value)
    if (status !== 'applied') throw new Error(`the snapshot is ${status}`)
  }

  /** Lets a folding go on, an event at a time, to its end; how many events that took. */
  work(): number {
    let events = 0
    for (; this.#timers.has(FOLD); events += 1) this.workOnce()
    return events
  }

  workOnce(): void {
    this.#timers.delete(FOLD)
    this.act((out) => this.trust.onTimer(out, FOLD))
  }

  trusts(number?: number): readonly number[] {
    const snapshot = number === undefined ? this.trust.newest() : this.trust.at(number)
    return ids.map((id) => snapshot?.row({ peer: id, operator: undefined }, MODEL).trust ?? -1)
  }

  #start(): Trust {
    const [signer] = signers
    if (signer === undefined) throw new Error('no signer')
    return new Trust({
      signer,
      roster: this.#roster,
      duty: createWitnessDuty(first, this.#roster),
      digest: this.digest,
      jobHead: (job) => this.#heads.get(job),
      serve: { facts: () => 'served' },
      agreement: () => ({
        stir: (_out, instance) => this.stirred.push(instance),
        forget: () => undefined,
      }),
      resume: (out, instance) => this.facts.resume(out, instance),
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
      passed: () => undefined,
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

export function decisionOf(value: TrustValue): Decision {
  return { instance: trustInstance(value.number), round: 0, value, quorum: QUORUM }
}

export function chain(nonce: number, dids: readonly Did[], submitter = first): readonly JobDecided[] {
  const replicas = dids.map((did, at) => ({ peer: [second, third, fourth][at] ?? fourth, did }))
  return chainOf({ charter, nonce, submitter, replicas })
}

export const CHAINS = [
  chain(0, ['agreed', 'agreed', 'outvoted']),
  chain(1, ['agreed', 'unrevealed', 'agreed']),
  chain(2, ['agreed', 'agreed', 'noshow']),
  chain(3, ['fault', 'agreed', 'agreed']),
  chain(4, ['timeout', 'agreed', 'agreed'], second),
]
export const JOBS = CHAINS.map(([decided]) => decided?.job ?? FOREIGN)

export function fed(chains = CHAINS): Peer {
  const peer = new Peer()
  peer.takeAll(chains)
  peer.now = LATER
  return peer
}

/** Two snapshots over the five chains: the first folds three of them. */
export function twoSnapshots(): { readonly peer: Peer; readonly values: readonly TrustValue[] } {
  const peer = fed(CHAINS.slice(0, 3))
  const one = peer.build([{ peer: second, ms: 7 }])
  peer.mustApply(one)
  peer.takeAll(CHAINS.slice(3))
  peer.now = 2 * LATER
  const two = peer.build()
  peer.mustApply(two)
  return { peer, values: [one, two] }
}
