import type { Message } from '../intake/message.ts'
import type { Event } from './event.ts'
import type { Outbox } from './outbox.ts'
import type { Parts } from './parts.ts'

/** Leads an event to the part that it concerns. */
export function route(parts: Parts, out: Outbox, event: Event): void {
  switch (event.type) {
    case 'start':
      parts.ledger.start(out)
      parts.sync.start(out)
      parts.jobs.start(out)
      parts.trust.start(out)
      parts.change.start(out)
      return parts.heartbeats.start(out, event.boot, event)
    case 'message':
      return routeMessage(parts, out, event.message)
    case 'connected':
      parts.sync.onConnected(out, event.peer)
      return parts.heartbeats.onConnected(out)
    case 'latency':
      return parts.trust.onLatency(event.peer, event.ms)
    case 'disconnected':
      parts.trust.onDisconnected(event.peer)
      return parts.sync.onDisconnected(out, event.peer)
    case 'command':
      return parts.commands.handle(out, event)
    case 'epoch-command':
      return parts.epochCommands.handle(out, event.id, event.command)
    case 'timer':
      return routeTimer(parts, out, event.id)
    case 'capabilities':
      parts.capabilities = event.capabilities
      parts.heartbeats.beat(out)
      return parts.jobs.onCapabilities(out)
    case 'addresses':
      return parts.heartbeats.moved(out, event.addresses)
    case 'progress':
    case 'finished':
      return routeRun(parts, out, event)
    case 'computed':
      return parts.jobs.onComputed(out, event)
    case 'fetched':
      parts.jobs.onFetched(out, event)
      return undefined
    case 'loaded':
      return routeLoaded(parts, out, event)
  }
}

function routeLoaded(
  parts: Parts,
  out: Outbox,
  { purpose, values }: Extract<Event, { type: 'loaded' }>,
): void {
  switch (purpose.type) {
    case 'evidence':
      return parts.ledger.onEvidence(out, values, purpose)
    case 'handover':
      return parts.change.onLoaded(out, purpose.piece, values[0])
    case 'handover-serve':
      parts.sync.serve.gave(out, purpose.to, values[0]?.length ?? 0)
      return parts.change.onServed(out, purpose.to, values[0])
    case 'closing':
      parts.sync.serve.gave(out, purpose.to, values[0]?.length ?? 0)
      return parts.closing.onLoaded(out, values, purpose)
    case 'serve':
    case 'positions':
      return parts.sync.onLoaded(out, values, purpose)
  }
}

function routeRun(parts: Parts, out: Outbox, event: Extract<Event, { type: 'progress' | 'finished' }>): void {
  if (event.type === 'finished') parts.jobs.room.finished(event.outcome)
  const open = parts.jobs.context.book.get(event.job)
  if (open === undefined) return
  if (event.type === 'progress') parts.jobs.runner.onProgress(open, event.tokens)
  else parts.jobs.runner.onFinished(out, open, event)
}

function routeTimer(parts: Parts, out: Outbox, id: string): void {
  const { ledger, sync, agreement, jobs, submissions, heartbeats, trust, change, relays } = parts
  // A timer that nobody claims belongs to something that has ended meanwhile.
  void (
    ledger.onTimer(out, id) ||
    sync.onTimer(out, id) ||
    agreement.onTimer(out, id) ||
    jobs.onTimer(out, id) ||
    submissions.onTimer(id) ||
    trust.onTimer(out, id) ||
    relays.onTimer(out, id) ||
    change.onTimer(out, id) ||
    heartbeats.onTimer(out, id)
  )
}

function routeMessage(parts: Parts, out: Outbox, message: Message): void {
  const { ledger, sync, agreement, jobs, heartbeats } = parts
  switch (message.kind) {
    case 'entry':
      return message.signer === message.body.account ? jobs.onEntry(out, message) : undefined
    case 'heartbeat':
      return heartbeats.onMessage(out, message)
    case 'certify':
      ledger.onCertify(out, message)
      return undefined
    case 'vote':
      ledger.onVote(out, message)
      return undefined
    case 'head-query':
      return ledger.onHeadQuery(out, message)
    case 'head-reply':
      return ledger.onHeadReply(out, message)
    case 'resolve':
      ledger.onResolve(out, message)
      return undefined
    case 'fork':
      return ledger.onFork(out, message)
    case 'certify-reply':
      ledger.onReply(out, message)
      return undefined
    case 'announce':
    case 'facts':
    case 'sync-root':
    case 'sync-buckets':
    case 'sync-leaves-request':
    case 'sync-leaves':
    case 'sync-fetch':
    case 'closing-request':
    case 'closing-reply':
      return sync.onMessage(out, message)
    case 'sync-busy':
      parts.change.onBusy(out, message.from, message.body.afterMs)
      return sync.onMessage(out, message)
    case 'propose':
    case 'prepare':
    case 'prepared':
    case 'commit':
    case 'newview-request':
    case 'newview':
    case 'promised':
    case 'refusal':
    case 'decision':
      return agreement.onMessage(out, message)
    case 'epoch-order':
    case 'epoch-accept':
    case 'epoch-collect':
    case 'epoch-report':
    case 'handover-fetch':
    case 'handover':
      return parts.change.onMessage(out, message)
    case 'latency':
      return parts.trust.onReport(out, message)
    case 'bid':
    case 'beacon':
    case 'stage':
    case 'stored':
    case 'lease':
    case 'job-commit':
    case 'held':
    case 'seal':
    case 'reveal':
    case 'cancel':
      return jobs.onMessage(out, message)
  }
}
