import { Agreement } from '../agreement/agreement.ts'
import { createCarriedValues } from '../agreement/carried.ts'
import type { Decision } from '../agreement/messages.ts'
import { rulesByKind } from '../agreement/rules-by-kind.ts'
import { type InstanceId, instanceKindOf, parseJobInstance, parseTrustInstance, type PeerId } from '../ids.ts'
import type { ApplyResult } from '../ledger/ledger.ts'
import { createWitnessDuty } from '../swarm/witness-duty.ts'
import type { Change } from '../epoch/change.ts'
import { inspect } from '../intake/inspect.ts'
import { quotaOfEpoch } from '../intake/quota-of-epoch.ts'
import { JobBook } from '../jobs/job-book.ts'
import { createJobRules } from '../jobs/job-rules.ts'
import { Jobs } from '../jobs/jobs.ts'
import { genesisOf } from '../ledger/entry.ts'
import { createLedger, type Ledger } from '../ledger/ledger-state.ts'
import type { StoredRecord } from '../records/record.ts'
import { certificateFact } from '../ledger/fact.ts'
import { createRoster, type LiveRoster } from '../swarm/live-roster.ts'
import { createRelays, type Relays } from '../swarm/relays.ts'
import { createStateDigest } from '../sync/state-digest.ts'
import { Closing } from '../sync/closing/closing.ts'
import { ownStateOf } from '../sync/closing/own-state.ts'
import { createSync, type Sync } from '../sync/sync.ts'
import { Trust } from '../trust/trust.ts'
import { composeChange, isDecided } from './compose-change.ts'
import { EpochCommands } from './epoch-commands.ts'
import { Commands } from './commands.ts'
import type { Effect } from './effect.ts'
import type { Capabilities, Event } from './event.ts'
import { EventOutbox } from './event-outbox.ts'
import { Heartbeats } from './heartbeats.ts'
import type { Inspection, Peer, PeerOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { Parts } from './parts.ts'
import { contentAt } from './leaf-contents.ts'
import { ledgerListener } from './ledger-listener.ts'
import { route } from './route.ts'
import { IntakeCounters, viewOf } from './peer-view.ts'

const NOTHING: Capabilities = { offers: [], vramTotalMb: 0, slots: 0 }

/** One peer's mind (see `Peer`). Composition only: every rule lives in the room of its part. */
export function createPeer(options: PeerOptions): Peer {
  const { signer } = options
  const roster = createRoster(options.charter, options.guide)
  const counters = new IntakeCounters()
  const parts = compose(options, roster)
  let position = 0
  let newest = 0
  const quotaNow = quotaOfEpoch(roster, () => newest)
  const checks = {
    roster,
    get quota() {
      return quotaNow()
    },
  }
  return {
    view: viewOf(signer.id, roster, parts, counters),
    restore(record) {
      roster.restore(record)
      restore(parts, record)
    },
    inspect(frame, source, chargedTo): Inspection {
      const inspected = inspect(frame, source, checks, chargedTo)
      if (!inspected.ok) counters.drop(inspected.code)
      return inspected
    },
    handle(event: Event, now: number): readonly Effect[] {
      if (event.type === 'message' && event.message.from !== signer.id) counters.accept()
      newest = Math.max(newest, now)
      const out = new EventOutbox(signer.id, roster.swarm, now)
      if (event.type === 'start' && options.amnesia === true) parts.duty.lose(out)
      route(parts, out, event)
      parts.jobs.tend(out)
      parts.submissions.tend(out)
      parts.change.tend(out)
      parts.jobs.context.book.flush(out)
      parts.digest.tidy()
      for (const { to, fetch } of out.fetches) checks.quota.asked(to, fetch)
      for (const peer of out.pieces) checks.quota.askedPiece(peer)
      const sealed = out.seal(position)
      position = sealed.position
      return sealed.effects
    },
  }
}

function restore(parts: Parts, record: StoredRecord): void {
  parts.duty.restore(record)
  parts.ledger.restore(record)
  parts.agreement.restore(record)
  parts.jobs.restore(record)
  parts.trust.restore(record)
  parts.commands.restore(record)
  parts.change.restore(record)
  parts.closing.restore(record)
  parts.carried.restore(record)
}

function compose(options: PeerOptions, roster: LiveRoster): Parts {
  const { signer, rules } = options
  const digest = createStateDigest()
  const duty = createWitnessDuty(signer.id, roster, {
    isStopped: () => change.isStopped,
    isBehind: () => !closing.isLevel,
  })
  const contentOf = (key: string) => contentAt({ roster, ledger, jobs, trust }, key)
  const closing = new Closing({
    digest,
    own: ownStateOf({ digest, contentOf, genesisOf: (account) => genesisOf(roster.swarm, account) }),
    listedSince: (entry) => ledger.listedSince(entry),
  })
  const carried = createCarriedValues((instance) => isDecided(parts, instance))
  const sync: Sync = createSync({
    signer,
    roster,
    digest,
    closing,
    heads: {
      nextSeq: (account) => ledger.nextSeq(account),
      jobStep: (job) => jobs.heads.get(job)?.step,
      resolved: (account, number) => ledger.resolved(account, number),
      trust: () => trust.number,
      placeKeys: (account, seq) => ledger.placeKeys(account, seq),
    },
    applyCertificate: (out, certificate) => ledger.applyCertificate(out, certificate),
    applyDecision: (out, decision, from) => applyDecision(parts, out, decision, from),
    admits(out, fact, from) {
      if (change.sources.admits(fact, from)) return true
      // Of several entries of an epoch's handover this may be the one to vote for.
      if (fact.type === 'certificate') ledger.show(out, fact.certificate)
      return false
    },
    pulled: (out, peer) => change.onPulled(out, peer),
  })
  const ledger: Ledger = createLedger({
    signer,
    roster,
    duty,
    digest,
    apply: (out, fact, from) => sync.facts.apply(out, fact, from),
    serve: sync.serve,
    announce: (out, entry) => sync.announce.entry(out, entry),
    jobStep: (job) => jobs.heads.get(job)?.step,
    isSettling: carried.settles,
    serveEpochs: (out, behind, to) => change.entering.serveEpochs(out, behind, to),
    listener: ledgerListener(signer.id, () => parts),
  })
  const trust: Trust = new Trust({
    signer,
    roster,
    duty,
    digest,
    jobHead: (job) => jobs.heads.get(job),
    serve: sync.serve,
    agreement: () => agreement,
    resume: (out, instance) => sync.facts.resume(out, instance),
    applied: (out, number) => jobs.onSnapshot(out, number),
  })
  const jobs: Jobs = new Jobs({
    digest,
    agreement: () => agreement,
    decided: (out, decided) => trust.onJobDecided(out, decided),
    context: {
      signer,
      roster,
      duty,
      rules,
      book: new JobBook(signer.id),
      ledger,
      payout: options.payout ?? signer.id,
      serve: sync.serve,
      snapshot: () => trust.newest(),
      snapshotAt: (number) => trust.at(number),
      capabilities: () => parts.capabilities,
    },
  })
  const change: Change = composeChange(options, {
    roster,
    duty,
    digest,
    closing,
    carried,
    parts: () => parts,
  })
  const agreement: Agreement = new Agreement({
    signer,
    roster,
    duty,
    rules: rulesByKind({
      job: createJobRules(jobs.context),
      resolve: ledger.resolveRules,
      trust: trust.rules,
      epoch: change.rules,
    }),
    serve: sync.serve,
    carried,
    serveEpochs: (out, behind, to) => change.entering.serveEpochs(out, behind, to),
    serveDecided: (out, instance, to) =>
      jobs.serveDecided(out, instance, to) ||
      ledger.serveResolution(out, instance, to) ||
      trust.serve(out, instance, to) ||
      change.entering.serve(out, instance, to),
    decided: (out, decision, from) => takeDecided(parts, out, decision, { from, self: signer.id }),
  })
  const heartbeats = new Heartbeats({
    signer,
    roster,
    rules,
    root: () => digest.root(),
    isLost: () => duty.isLost,
    capabilities: () => parts.capabilities,
    busy: () => jobs.runner.busy(),
  })
  const relays: Relays = createRelays({ roster, ledger, answer: (...told) => commands.onRelayed(...told) })
  const epochCommands = new EpochCommands({ signer, roster, rules, change, verify: options.verify })
  const commands: Commands = new Commands({
    context: jobs.context,
    jobs,
    heartbeats: () => heartbeats,
    relays,
    take: (out, certificate) => sync.facts.apply(out, certificateFact(certificate), signer.id),
  })
  const parts: Parts = {
    ledger,
    sync,
    agreement,
    jobs,
    trust,
    change,
    closing,
    carried,
    epochCommands,
    heartbeats,
    commands,
    submissions: commands.submissions,
    relays,
    digest,
    duty,
    capabilities: NOTHING,
  }
  return parts
}

/** A decision that agreement has come to: applied, and passed on to whom it concerns where it was assembled here. */
function takeDecided(
  parts: Parts,
  out: Outbox,
  decision: Decision,
  { from, self }: { readonly from: PeerId; readonly self: PeerId },
): void {
  const { sync, jobs, ledger, trust, change } = parts
  const isOwn = from === self
  const audience = isOwn
    ? [jobs, ledger, trust, change.entering].flatMap((part) => part.audience(decision.instance))
    : []
  const applied = sync.facts.apply(out, { type: 'decision', decision }, from)
  if (applied.status !== 'applied' || !isOwn) return
  for (const peer of audience) out.send(peer, 'decision', decision)
  announce(out, sync, decision.instance)
}

/** A decision's way into the state, by what it decides about. */
function applyDecision(parts: Parts, out: Outbox, decision: Decision, from: PeerId): ApplyResult {
  const applied = applyByKind(parts, out, decision, from)
  if (applied.status === 'applied') parts.carried.drop(out, decision.instance)
  return applied
}

function applyByKind(
  { jobs, ledger, trust, agreement, change }: Parts,
  out: Outbox,
  decision: Decision,
  from: PeerId,
): ApplyResult {
  switch (instanceKindOf(decision.instance)) {
    case 'job':
      return jobs.applyDecision(out, decision)
    case 'resolve': {
      const applied = ledger.applyResolution(out, decision)
      if (applied.status === 'applied') agreement.forget(out, decision.instance)
      return applied
    }
    case 'trust':
      return trust.applyDecision(out, decision)
    case 'epoch':
      return change.begin(out, decision, from)
    case undefined:
      return { status: 'contradiction' }
  }
}

function announce(out: Outbox, sync: Sync, instance: InstanceId): void {
  const parsed = parseJobInstance(instance)
  if (parsed !== undefined) sync.announce.job(out, parsed)
  const snapshot = parseTrustInstance(instance)
  if (snapshot !== undefined) sync.announce.trust(out, snapshot)
}
