import { formatCredits } from '../../protocol/api/credits.ts'
import type { CallOutput } from '../../protocol/api/client.ts'
import {
  type Consent,
  type Diagnosis,
  LOG_LEVELS,
  type Logs,
  type NodeState,
} from '../../protocol/api/control-schema.ts'
import type { AccountId } from '../../protocol/ids.ts'
import type { Backend } from './backend.ts'
import type { ConsentView, LogLines } from './control-port.ts'
import { timeOf } from './job-resource.ts'
import { lostWitnesses, witnessReach } from './network-resource.ts'
import { standingOf } from './standing.ts'

/** What the server knows of itself. */
export interface Served {
  readonly version: string
  readonly url: () => string
}

export function nodeStateResource({ view, control }: Backend, { version, url }: Served): NodeState {
  const { node, consent, process: about } = control
  return {
    peer_id: view.self,
    swarm_id: view.swarm,
    version,
    pid: process.pid,
    started_at: timeOf(about.startedMs),
    api_url: url(),
    data_folder: about.dataFolder,
    state: node.state,
    consent: consent.view().status,
    bids: node.bids,
    running_jobs: node.waitingJobs(),
    slots: about.slots,
  }
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : timeOf(ms)
}

export function consentResource(consent: ConsentView): Consent {
  return {
    status: consent.status,
    terms_version: consent.termsVersion,
    current_version: consent.currentVersion,
    accepted_at: timeOrNull(consent.acceptedMs),
    accepted_by: consent.acceptedBy,
    revoked_at: timeOrNull(consent.revokedMs),
  }
}

type LogItem = Logs['items'][number]

/** Every tenth number is a level, from 10 on. */
function levelOf(value: unknown): LogItem['level'] {
  return LOG_LEVELS[Math.floor(Number(value) / 10) - 1] ?? 'info'
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function logItem({ number, text }: ReturnType<LogLines['read']>['lines'][number]): LogItem {
  if (text === undefined) {
    const message = '(a line too long to keep; the log itself has it)'
    return { number, at: timeOf(0), level: 'info', message, context: {} }
  }
  const { level, time, msg, pid: _pid, hostname: _hostname, ...context } = parse(text)
  const message = typeof msg === 'string' ? msg : ''
  return { number, at: timeOf(Number(time) || 0), level: levelOf(level), message, context }
}

export function logsResource({ lines, last, missed }: ReturnType<LogLines['read']>): Logs {
  return { items: lines.map(logItem), last, missed }
}

export function walletResource({ view }: Backend, id: AccountId, label: string) {
  const { free = 0n, claimable = 0n, escrowed = 0n, forked = false } = view.account(id) ?? {}
  return {
    account_id: id,
    label,
    is_default: id === view.self,
    spendable: formatCredits(free + claimable),
    escrowed: formatCredits(escrowed),
    forked,
  } satisfies CallOutput<'createWallet'>
}

export function diagnosisResource(backend: Backend): Diagnosis {
  const { view, control, network } = backend
  const nowMs = backend.now()
  const others = view
    .nodes(nowMs)
    .flatMap(({ peer, witness, status, heartbeat, lastSeenMs }) =>
      peer === view.self || status !== 'online' || heartbeat === undefined || lastSeenMs === undefined
        ? []
        : [{ node_id: peer, witness, ahead_ms: heartbeat.sentMs - lastSeenMs }],
    )
  const { store, listen, ollamaUrl } = control.process
  const connected = new Set<string>(network.connections().map(({ peer }) => peer))
  const { witnesses } = view.roster.epoch
  const lost = lostWitnesses(backend)
  return {
    clock: { now: timeOf(nowMs), wall: timeOf(Date.now()), others },
    store: {
      status: store.status,
      damage: store.damage,
      moved_to: store.movedTo,
      forgetful: store.forgetful,
    },
    witnesses: {
      total: witnesses.length,
      ...witnessReach(backend),
      away: witnesses.filter((peer) => peer !== view.self && !connected.has(peer)),
      lost: witnesses.filter((peer) => lost.has(peer)),
    },
    standing: standingOf(backend),
    settings: { listen: [...listen], ollama_url: ollamaUrl },
  }
}
