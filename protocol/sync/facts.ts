import { parseJobInstance } from '../ids.ts'
import type { Digest, InstanceId, PeerId } from '../ids.ts'
import { type Decision, valueDigestOf } from '../agreement/messages.ts'
import type { Certificate } from '../ledger/certificate.ts'
import { entryIdOf, jobIdOf, type SignedEntry } from '../ledger/entry.ts'
import type { Fact } from '../ledger/fact.ts'
import type { ApplyResult, FactResult } from '../ledger/ledger.ts'
import { LIMITS, TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Heads } from './leaves.ts'
import { epochId } from '../epoch/value.ts'
import { snapshotId } from '../trust/value.ts'
import { NO_FETCH, type SyncFetch } from './messages.ts'

/** Facts that one event takes up again; with some 0.1 ms each the rest waits for a timer. */
const RETRIED_AT_ONCE = 4

const WAKE_TIMER = 'sync/wake'

/**
 * Another peer that brings a waiting fact is asked for what it builds on no sooner than this after the last one: an
 * answer takes less, and many bring a new fact at once.
 */
const ASK_OTHER_MS = 1_000

export interface FactsParts {
  readonly self: PeerId
  readonly heads: Heads
  readonly applyCertificate: (out: Outbox, certificate: Certificate) => ApplyResult
  readonly applyDecision: (out: Outbox, decision: Decision, from: PeerId) => ApplyResult
  /** Whether a new fact may be taken now: of a closed epoch only some are, and a stopped witness takes few. */
  readonly admits: (out: Outbox, fact: Fact, from: PeerId) => boolean
  /** A fact of a place that this peer is past came once more. */
  readonly passed: (fact: Fact, from: PeerId) => void
}

/**
 * The one way of every fact into this peer's state, whoever brought it. A fact that builds on unknown ones
 * waits (at most `LIMITS.waitingFacts` do, the oldest is dropped; sync brings it again) while they are asked
 * for, and is taken up again when one of them arrives. One that waits for this peer's own work names none.
 */
export interface Facts {
  apply(out: Outbox, fact: Fact, from: PeerId): FactResult
  /** A decision that waited for this peer's own work, not for others' facts, can be applied now. */
  resume(out: Outbox, instance: InstanceId): void
  /** Something that facts were waiting for is here: the part of a handover. */
  arrived(out: Outbox, id: Digest): void
  onTimer(out: Outbox, id: string): boolean
  waiting(): number
  /** Facts met that contradict what is certified here: above 0 only when more than f witnesses are faulty. */
  contradictions(): number
}

interface Waiting {
  readonly fact: Fact
  /** Who brought it; once somebody was asked for what it lacks, whom. */
  readonly from: PeerId
  readonly askedMs: number | undefined
  readonly ids: readonly Digest[]
}

export function createFacts(parts: FactsParts): Facts {
  const { self, heads, applyCertificate, applyDecision, admits, passed } = parts
  const waiting = new Map<string, Waiting>()
  const waitingFor = new Map<Digest, Set<string>>()
  const ready = new Set<string>()
  let contradictions = 0

  function attempt(out: Outbox, fact: Fact, from: PeerId): FactResult {
    if (isBehind(heads, fact)) passed(fact, from)
    else if (!admits(out, fact, from)) return { status: 'refused' }
    return fact.type === 'certificate'
      ? applyCertificate(out, fact.certificate)
      : applyDecision(out, fact.decision, from)
  }

  function park(out: Outbox, fact: Fact, from: PeerId, ids: readonly Digest[]): void {
    const name = nameOf(fact)
    const before = waiting.get(name)
    unpark(name)
    const asks = from !== self && ids.length > 0 && asksAnew(before, { from, ids, now: out.now })
    const last = asks ? { from, askedMs: out.now } : { from: before?.from ?? from, askedMs: before?.askedMs }
    waiting.set(name, { fact, ids, ...last })
    for (const id of ids) {
      const names = waitingFor.get(id) ?? new Set()
      waitingFor.set(id, names.add(name))
    }
    const [oldest] = waiting.keys()
    if (waiting.size > LIMITS.waitingFacts && oldest !== undefined) unpark(oldest)
    if (asks && !isOfEpoch(fact)) out.send(from, 'sync-fetch', fetchFor(heads, fact, ids))
  }

  function unpark(name: string): void {
    for (const id of waiting.get(name)?.ids ?? []) {
      const names = waitingFor.get(id)
      names?.delete(name)
      if (names?.size === 0) waitingFor.delete(id)
    }
    waiting.delete(name)
    ready.delete(name)
  }

  function take(out: Outbox, fact: Fact, from: PeerId): FactResult {
    const result = attempt(out, fact, from)
    if (result.status === 'missing') {
      park(out, fact, from, result.ids)
      return result
    }
    unpark(nameOf(fact))
    if (result.status === 'contradiction') contradictions += 1
    if (result.status === 'applied') {
      for (const id of idsShownBy(fact)) for (const name of waitingFor.get(id) ?? []) ready.add(name)
    }
    return result
  }

  function retry(out: Outbox): void {
    for (let count = 0; count < RETRIED_AT_ONCE; count += 1) {
      const [name] = ready
      const next = name === undefined ? undefined : waiting.get(name)
      if (name === undefined || next === undefined) return
      ready.delete(name)
      take(out, next.fact, next.from)
    }
    if (ready.size > 0) out.timer(WAKE_TIMER, 0)
  }

  return {
    apply(out, fact, from) {
      const result = take(out, fact, from)
      retry(out)
      return result
    },
    resume(out, instance) {
      if (!waiting.has(instance)) return
      ready.add(instance)
      retry(out)
    },
    arrived(out, id) {
      for (const name of waitingFor.get(id) ?? []) ready.add(name)
      retry(out)
    },
    onTimer(out, id) {
      if (id !== WAKE_TIMER) return false
      retry(out)
      return true
    },
    waiting: () => waiting.size,
    contradictions: () => contradictions,
  }
}

/** Of what was asked for some may have come meanwhile; the rest is on its way, unless the one asked is gone. */
function asksAnew(
  before: Waiting | undefined,
  { from, ids, now }: { readonly from: PeerId; readonly ids: readonly Digest[]; readonly now: number },
): boolean {
  if (before?.askedMs === undefined || ids.some((id) => !before.ids.includes(id))) return true
  return now - before.askedMs >= (from === before.from ? TIMES.syncMs : ASK_OTHER_MS)
}

/** What such a decision lacks is a handover's part: whoever applies it asks for it. */
function isOfEpoch(fact: Fact): boolean {
  return fact.type === 'decision' && fact.decision.value.type === 'epoch'
}

/** Whether this peer is past a fact's place: then it changes nothing, whatever it says. */
function isBehind(heads: Heads, fact: Fact): boolean {
  if (fact.type === 'decision') {
    const place = parseJobInstance(fact.decision.instance)
    return place !== undefined && (heads.jobStep(place.job) ?? -1) >= place.step
  }
  const { account, seq } = fact.certificate.entry.body
  return seq < heads.nextSeq(account) && heads.placeKeys(account, seq).length === 1
}

function nameOf(fact: Fact): string {
  return fact.type === 'certificate' ? entryIdOf(fact.certificate.entry) : fact.decision.instance
}

/** Ids under which others may wait for a fact: the entry's, those of jobs that it opens, the job decided on. */
function idsShownBy(fact: Fact): readonly Digest[] {
  if (fact.type === 'certificate') return idsOf(fact.certificate.entry)
  const { instance, value } = fact.decision
  if (value.type === 'trust') return [snapshotId(value.number)]
  if (value.type === 'epoch') return [epochId(value.order.body.number)]
  // Entries behind a settled fork name the decision, or the one entry that it certifies.
  if (value.type === 'resolve') return [valueDigestOf(value), ...value.entries.flatMap(idsOf)]
  const job = parseJobInstance(instance)?.job
  return job === undefined ? [] : [job]
}

function idsOf(entry: SignedEntry): readonly Digest[] {
  const { account, ops } = entry.body
  const jobs = ops.flatMap((operation) =>
    operation.type === 'open' ? [jobIdOf(account, operation.spec.nonce)] : [],
  )
  return [entryIdOf(entry), ...jobs]
}

/** A gap in the same chain is asked for from its beginning, so that a long one takes few requests. */
function fetchFor(heads: Heads, fact: Fact, ids: readonly Digest[]): SyncFetch {
  if (fact.type === 'certificate') {
    const { account, seq, prev } = fact.certificate.entry.body
    const from = heads.nextSeq(account)
    if (seq > from && ids.every((id) => id === prev)) return { ...NO_FETCH, accounts: [{ account, from }] }
  } else if (fact.decision.value.type === 'trust' && fact.decision.value.number > heads.trust() + 1) {
    return { ...NO_FETCH, trust: heads.trust() + 1 }
  }
  return { ...NO_FETCH, ids: ids.slice(0, LIMITS.missing) }
}
