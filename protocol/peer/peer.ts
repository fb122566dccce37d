import { Agreement } from '../agreement/agreement.ts'
import { type InstanceId, parseJobInstance } from '../ids.ts'
import { inspect } from '../intake/inspect.ts'
import { createIntakeQuota } from '../intake/quota.ts'
import { JobBook } from '../jobs/job-book.ts'
import { createJobRules } from '../jobs/job-rules.ts'
import { Jobs } from '../jobs/jobs.ts'
import { createLedger, type Ledger } from '../ledger/ledger-state.ts'
import type { StoredRecord } from '../records/record.ts'
import { createStateDigest } from '../sync/state-digest.ts'
import { createSync, type Sync } from '../sync/sync.ts'
import { foundingSnapshot } from '../trust/snapshot.ts'
import { Commands } from './commands.ts'
import type { Effect } from './effect.ts'
import type { Capabilities, Event } from './event.ts'
import { EventOutbox } from './event-outbox.ts'
import { Heartbeats } from './heartbeats.ts'
import type { Inspection, Peer, PeerOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { Parts } from './parts.ts'
import { route } from './route.ts'
import { IntakeCounters, viewOf } from './peer-view.ts'

const NOTHING: Capabilities = { offers: [], vramTotalMb: 0, slots: 0 }

/** One peer's mind (see `Peer`). Composition only: every rule lives in the room of its part. */
export function createPeer(options: PeerOptions): Peer {
  const { signer, roster } = options
  const counters = new IntakeCounters()
  const parts = compose(options)
  let position = 0
  let newest = 0
  const checks = { roster, quota: createIntakeQuota(() => newest) }
  return {
    view: viewOf(signer.id, roster, parts, counters),
    restore(record) {
      restore(parts, record)
    },
    inspect(frame, source): Inspection {
      const inspected = inspect(frame, source, checks)
      if (!inspected.ok) counters.drop(inspected.code)
      return inspected
    },
    handle(event: Event, now: number): readonly Effect[] {
      if (event.type === 'message' && event.message.from !== signer.id) counters.accept()
      newest = Math.max(newest, now)
      const out = new EventOutbox(signer.id, roster.swarm, now)
      route(parts, out, event)
      parts.jobs.context.book.flush(out)
      parts.digest.tidy()
      const sealed = out.seal(position)
      position = sealed.position
      return sealed.effects
    },
  }
}

function restore(parts: Parts, record: StoredRecord): void {
  parts.ledger.restore(record)
  parts.agreement.restore(record)
  parts.jobs.restore(record)
}

function compose(options: PeerOptions): Parts {
  const { signer, roster, rules } = options
  const digest = createStateDigest()
  const snapshot = foundingSnapshot(roster.charter)
  const sync: Sync = createSync({
    signer,
    roster,
    digest,
    heads: {
      nextSeq: (account) => ledger.nextSeq(account),
      jobStep: (job) => jobs.heads.get(job)?.step,
    },
    applyCertificate: (out, certificate) => ledger.applyCertificate(out, certificate),
    applyDecision: (out, decision) => jobs.applyDecision(out, decision),
  })
  const ledger: Ledger = createLedger({
    signer,
    roster,
    digest,
    apply: (out, fact, from) => sync.facts.apply(out, fact, from),
    announce: (out, entry) => sync.announce.entry(out, entry),
    jobStep: (job) => jobs.heads.get(job)?.step,
    listener: {
      opened: (out, opened) => jobs.onOpened(out, opened),
      ownSigned(out, entry, requests) {
        commands.onSigned(out, entry, requests)
        if (!entry.body.ops.some(({ type }) => type === 'open')) return
        out.publish('entry', entry)
        out.sendSigned(signer.id, 'entry', entry)
      },
      ownRefused: (out, request, code) => commands.onRefused(out, request, code),
      ownCertified: (out) => out.notify(null),
    },
  })
  const jobs: Jobs = new Jobs({
    digest,
    agreement: () => agreement,
    context: {
      signer,
      roster,
      rules,
      book: new JobBook(signer.id),
      ledger,
      payout: options.payout ?? signer.id,
      snapshot: () => snapshot,
      capabilities: () => parts.capabilities,
    },
  })
  const agreement: Agreement = new Agreement({
    signer,
    roster,
    rules: createJobRules(jobs.context),
    serveDecided: (out, instance, to) => jobs.serveDecided(out, instance, to),
    decided(out, decision, from) {
      const audience = from === signer.id ? jobs.audience(decision.instance) : []
      const applied = sync.facts.apply(out, { type: 'decision', decision }, from)
      if (applied.status !== 'applied' || from !== signer.id) return
      for (const peer of audience) out.send(peer, 'decision', decision)
      announceJob(out, sync, decision.instance)
    },
  })
  const heartbeats = new Heartbeats({
    signer,
    roster,
    rules,
    root: () => digest.root(),
    capabilities: () => parts.capabilities,
  })
  const commands = new Commands(jobs.context, () => heartbeats)
  const parts: Parts = {
    ledger,
    sync,
    agreement,
    jobs,
    heartbeats,
    commands,
    digest,
    capabilities: NOTHING,
  }
  return parts
}

function announceJob(out: Outbox, sync: Sync, instance: InstanceId): void {
  const parsed = parseJobInstance(instance)
  if (parsed !== undefined) sync.announce.job(out, parsed)
}
