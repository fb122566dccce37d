import { type Decision, decisionCodec, valueDigestOf } from '../agreement/messages.ts'
import type { InstanceRules } from '../agreement/instance-rules.ts'
import type { Signer } from '../crypto/signer.ts'
import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { type Signed, sign } from '../encoding/signed.ts'
import {
  type Digest,
  type InstanceId,
  type JobId,
  parseTrustInstance,
  type PeerId,
  trustInstance,
} from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import type { ApplyResult } from '../ledger/ledger.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Roster } from '../swarm/roster.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'
import { chainedValue, TRUST_KEY, trustLeaf } from '../sync/leaves.ts'
import type { StateDigest } from '../sync/state-digest.ts'
import { Foldings } from './folding.ts'
import { LATENCY, type LatencyReport, Measured, signedReport } from './latency.ts'
import { follow, type JobDecided } from './outcomes.ts'
import type { TrustSnapshot } from './snapshot.ts'
import { TrustTable } from './table.ts'
import { createTrustRules, dueAt, refold, type TrustParts } from './trust-rules.ts'
import { snapshotId, isOrderlyReport } from './value.ts'
import { WaitingCloses } from './waiting.ts'

const TIMER = 'trust/due'
/** Closes that are asked for together while a decided snapshot waits for them. */
const FETCHED_AT_ONCE = 16

export interface TrustOptions {
  readonly signer: Signer
  readonly roster: Roster
  readonly duty: WitnessDuty
  readonly digest: StateDigest
  readonly jobHead: TrustParts['jobHead']
  readonly serve: TrustParts['serve']
  readonly agreement: () => {
    stir(out: Outbox, instance: InstanceId): void
    forget(out: Outbox, instance: InstanceId): void
  }
  /** The decision of an instance can be applied, if it is here. */
  readonly resume: (out: Outbox, instance: InstanceId) => void
  /** A snapshot can be read from now on. */
  readonly applied: (out: Outbox, number: number) => void
}

/** Trust (7): what jobs' decisions say of their replicas, folded into snapshots that all peers share. */
export class Trust {
  readonly rules: InstanceRules
  readonly #options: TrustOptions
  readonly #table: TrustTable
  readonly #waiting = new WaitingCloses()
  readonly #reports = new Map<PeerId, Signed<LatencyReport>>()
  /** The report that this witness signed last: for its snapshot and any earlier one it never signs another. */
  #mine: Signed<LatencyReport> | undefined
  readonly #measured = new Measured()
  readonly #parts: TrustParts
  /** Closes of the next decided snapshot that were asked for last. */
  #asked: readonly JobId[] = []

  constructor(options: TrustOptions) {
    const { roster, jobHead, serve } = options
    this.#options = options
    this.#table = new TrustTable(roster.charter)
    this.#parts = {
      roster,
      table: this.#table,
      waiting: this.#waiting,
      reports: this.#reports,
      foldings: new Foldings((out) => {
        options.resume(out, trustInstance(this.#table.number + 1))
        this.#stir(out)
      }),
      draft: undefined,
      jobHead,
      serve,
    }
    this.rules = createTrustRules(this.#parts)
  }

  newest(): TrustSnapshot {
    return this.#table.newest()
  }

  at(number: number): TrustSnapshot | undefined {
    return this.#table.at(number)
  }

  /** Digest of the newest table; undefined at the founding. */
  root(): Digest | undefined {
    return this.#table.root
  }

  /** The `chainedValue` of all decided snapshots; undefined at the founding. */
  chain(): Digest | undefined {
    return this.#table.chain
  }

  /** Closes that no snapshot has folded yet. */
  waiting(): number {
    return this.#waiting.size
  }

  restore(record: StoredRecord): void {
    this.#table.restore(record)
    this.#waiting.restore(record)
    if (record.key !== keys.trustReport) {
      if (record.key.startsWith(PREFIXES.trustSnapshot)) this.#setLeaf()
      return
    }
    this.#mine = decodeRecord(signedReport, record.value, record.key)
  }

  start(out: Outbox): void {
    this.#countMine()
    this.#arm(out)
  }

  /** Other witnesses report from now on, this peer perhaps among them; what it would propose names those of before. */
  onEpoch(out: Outbox): void {
    const { roster } = this.#options
    this.#parts.draft = undefined
    for (const peer of this.#reports.keys()) if (!roster.isWitness(peer)) this.#reports.delete(peer)
    this.#arm(out)
  }

  /** The host measured a round trip, as an event. */
  onLatency(peer: PeerId, ms: number): void {
    if (this.#options.roster.member(peer) !== undefined) this.#measured.set(peer, ms)
  }

  onDisconnected(peer: PeerId): void {
    this.#measured.forget(peer)
  }

  /** A job's decision was applied: in the same batch, what it means for trust. */
  onJobDecided(out: Outbox, decided: JobDecided): void {
    const { job, value } = decided
    const { roster } = this.#options
    const treasuryOf = (epoch: number) => roster.epochOf(epoch)?.governance.treasury
    const terms = { charter: roster.charter, treasuryOf }
    const { assigned, facts } = follow(this.#waiting.assigned(job), decided, terms)
    if (assigned !== undefined) return this.#waiting.assign(out, job, assigned)
    if (value.type !== 'close' && value.type !== 'void') return
    this.#waiting.end(out, job, facts)
    if (facts !== undefined) this.#arm(out)
  }

  /** Keeps the first report of each witness for the next snapshot. */
  onReport(out: Outbox, { signer, body, bytes, sig }: MessageOf<'latency'>): void {
    const { roster } = this.#options
    const next = this.#table.number + 1
    if (!roster.isWitness(signer) || body.number !== next || this.#reports.has(signer)) return
    if (!isOrderlyReport(body)) return
    this.#reports.set(signer, { signer, body, bytes, sig })
    if (this.#isDue(out)) this.#stir(out)
  }

  onTimer(out: Outbox, id: string): boolean {
    if (this.#parts.foldings.onTimer(out, id)) return true
    if (id !== TIMER) return false
    if (!this.#isDue(out)) this.#arm(out)
    else if (this.#options.duty.active && !this.#options.duty.isBehind) {
      this.#report(out)
      this.#stir(out)
      out.timer(TIMER, TIMES.retryMsMax)
    }
    return true
  }

  applyDecision(out: Outbox, { instance, value, quorum, round }: Decision): ApplyResult {
    const number = parseTrustInstance(instance)
    if (number === undefined || value.type !== 'trust' || value.number !== number)
      return { status: 'contradiction' }
    if (number <= this.#table.number) return { status: 'known' }
    if (number > this.#table.number + 1) return { status: 'missing', ids: [snapshotId(number - 1)] }
    const refolded = refold(this.#parts, out, value)
    if (refolded.status === 'invalid') return { status: 'contradiction' }
    if (refolded.status === 'missing') return { status: 'missing', ids: this.#ask(refolded.jobs) }
    // Nobody else has what it waits for: `resume` takes it up again.
    if (refolded.status === 'folding') return { status: 'missing', ids: [] }
    this.#table.apply(out, refolded.next, chainedValue(this.#table.chain ?? null, valueDigestOf(value)))
    this.#waiting.folded(out, value.closes)
    out.write(keys.trust(number), encodeBody(decisionCodec, { instance, round, value, quorum }))
    this.#setLeaf()
    this.#reports.clear()
    this.#countMine()
    this.#parts.foldings.clear(out)
    this.#parts.draft = undefined
    this.#options.agreement().forget(out, instance)
    this.#arm(out)
    this.#options.applied(out, number)
    return { status: 'applied' }
  }

  /** Sends how an instance was decided; false while it isn't. */
  serve(out: Outbox, instance: InstanceId, to: PeerId): boolean {
    const number = parseTrustInstance(instance)
    if (number === undefined || number > this.#table.number) return false
    if (to !== this.#options.signer.id) this.#parts.serve.facts(out, to, [keys.trust(number)])
    return true
  }

  audience(instance: InstanceId): readonly PeerId[] {
    const { roster, signer } = this.#options
    if (parseTrustInstance(instance) === undefined) return []
    return roster.epoch.witnesses.filter((peer) => peer !== signer.id)
  }

  get number(): number {
    return this.#table.number
  }

  #isDue(out: Outbox): boolean {
    const due = dueAt(this.#parts)
    return due !== undefined && out.now >= due
  }

  #arm(out: Outbox): void {
    const due = dueAt(this.#parts)
    if (due === undefined || !this.#options.duty.active) return out.cancelTimer(TIMER)
    out.timer(TIMER, Math.max(0, due - out.now))
  }

  #countMine(): void {
    const mine = this.#mine
    if (mine?.body.number === this.#table.number + 1) this.#reports.set(mine.signer, mine)
  }

  #stir(out: Outbox): void {
    this.#options.agreement().stir(out, trustInstance(this.#table.number + 1))
  }

  /**
   * Signs this witness's one report for the next snapshot, and sends it to the natural proposer; where that
   * doesn't lead to a decision, to all witnesses, whose rounds come next.
   */
  #report(out: Outbox): void {
    const { signer, roster } = this.#options
    const { witnesses } = roster.epoch
    const number = this.#table.number + 1
    // After it has begun its ledger anew, a snapshot may be due again that it has reported for.
    if ((this.#mine?.body.number ?? 0) > number) return
    const before = this.#reports.get(signer.id)
    const mine = before ?? sign(signer, roster.swarm, LATENCY, this.#measured.report(number))
    if (before === undefined) {
      this.#mine = mine
      this.#countMine()
      out.write(keys.trustReport, encodeBody(signedReport, mine))
    }
    const natural = witnesses.filter((_peer, at) => at === number % witnesses.length)
    for (const peer of before === undefined ? natural : witnesses) {
      if (peer !== signer.id) out.sendSigned(peer, 'latency', mine)
    }
  }

  /** Asks for some at a time, and for the next ones once those are here: each answer is bounded. */
  #ask(missing: readonly JobId[]): readonly JobId[] {
    const lacking = new Set(missing)
    const rest = this.#asked.filter((job) => lacking.has(job))
    this.#asked = rest.length > 0 ? rest : missing.slice(0, FETCHED_AT_ONCE)
    return this.#asked
  }

  #setLeaf(): void {
    const { chain, number } = this.#table
    if (chain !== undefined) this.#options.digest.set(TRUST_KEY, trustLeaf(number, chain))
  }
}
