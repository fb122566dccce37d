import { ballotRecordCodec } from '../../protocol/agreement/ballot-record.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import type { BodyOf } from '../../protocol/encoding/kinds.ts'
import type { JobId, PeerId } from '../../protocol/ids.ts'
import type { Event } from '../../protocol/peer/event.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { Write } from '../../protocol/records/record.ts'
import type { Checker, CreateChecker, Facts, Report } from './checker.ts'
import { openOf } from './ledger-replay.ts'

const JOB_BALLOT = `${PREFIXES.ballot}job/`
/** Within which a runner that has heard of a cancel has stopped (6.10). */
const STOP_MS = 500

/**
 * A cancel is the payer's word and nobody else's; a witness that holds it helps nobody to begin afresh; and who runs stops
 * within half a second, unless it has committed (6.10).
 */
export const createCancelChecker: CreateChecker = (facts, report) => {
  const parts = [
    createSignedByPayer(facts, report),
    createNoFreshStart(report),
    createRunsStop(facts, report),
  ]
  return {
    observe: (observation) => {
      for (const part of parts) part.observe?.(observation)
    },
    examine: (peers) => {
      for (const part of parts) part.examine?.(peers)
    },
  }
}

function createSignedByPayer(facts: Facts, report: Report): Checker {
  return {
    examine(peers) {
      for (const { records } of peers) {
        const stored = facts.read(records)
        for (const [job, decisions] of stored.jobs) {
          const value = decisions.at(-1)?.value
          if (value?.type !== 'close' && value?.type !== 'void') continue
          const { cancel } = value
          if (cancel === null) continue
          const payer = openOf(stored, job)?.account
          if (cancel.signer !== payer || cancel.body.job !== job)
            report(
              `job ${job} of ${payer} is cancelled by ${cancel.signer} with a word about ${cancel.body.job}`,
            )
        }
      }
    },
  }
}

/** Of a value in a round: whether it lets runners begin, and rests on no earlier round's. */
type Fresh = ReadonlySet<string>

function createNoFreshStart(report: Report): Checker {
  const cancelled = new Set<JobId>()
  const holding = new Set<string>()
  const fresh = new Set<string>()
  const prepared = new Map<string, string>()

  const propose = ({ proposal, value, newviews }: BodyOf<'propose'>) => {
    const { instance, round, value: digest } = proposal.body
    const isCarried = newviews.some(({ body }) => body.prepared !== null)
    if (!isCarried && (value.type === 'assign' || value.type === 'again'))
      fresh.add(`${instance} ${round} ${digest}`)
  }

  const vote = (peer: PeerId, { key, value }: Write, among: Fresh) => {
    if (value === null || !key.startsWith(JOB_BALLOT)) return
    const { instance, prepare } = decodeBody(ballotRecordCodec, value, key, TRUSTED)
    const [, job = ''] = instance.split('/')
    if (prepare === null) return
    const name = `${instance} ${prepare.round} ${prepare.value}`
    if (prepared.get(`${peer} ${instance}`) === name) return
    prepared.set(`${peer} ${instance}`, name)
    if (holding.has(`${peer} ${job}`) && among.has(name))
      report(`${peer} holds a cancel and prepares a fresh start: ${name}`)
  }

  return {
    observe(observation) {
      const { peer } = observation
      if (observation.type === 'event') {
        if (observation.event.type === 'message' && observation.event.message.kind === 'propose')
          propose(observation.event.message.body)
        const job = cancelledIn(observation.event)
        if (job !== undefined) cancelled.add(job)
      } else if (observation.type === 'effect' && observation.effect.type === 'persist') {
        for (const write of observation.effect.writes) vote(peer, write, fresh)
      } else if (observation.type === 'crashed') {
        for (const job of cancelled) holding.delete(`${peer} ${job}`)
      } else if (observation.type === 'handled') {
        for (const job of cancelled)
          if ((observation.view.job(job)?.cancelledMs ?? null) !== null) holding.add(`${peer} ${job}`)
      }
    },
  }
}

function cancelledIn(event: Event): JobId | undefined {
  if (event.type === 'command' && event.command.type === 'cancel-job') return event.command.job
  if (event.type === 'message' && event.message.kind === 'cancel') return event.message.body.cancel.body.job
  return undefined
}

function createRunsStop(facts: Facts, report: Report): Checker {
  /** Runs under way, and until when they may go on. */
  const running = new Map<PeerId, Map<JobId, number>>()
  const of = (peer: PeerId) => {
    const found = running.get(peer) ?? new Map<JobId, number>()
    running.set(peer, found)
    return found
  }

  const look = (peer: PeerId) => {
    for (const [job, untilMs] of of(peer)) {
      if (facts.now() <= untilMs) continue
      of(peer).delete(job)
      report(`${peer} still runs ${job}, ${STOP_MS} ms after it heard that it is cancelled`)
    }
  }

  return {
    observe(observation) {
      const { peer } = observation
      if (observation.type === 'crashed') running.delete(peer)
      if (observation.type === 'handled') {
        for (const [job, untilMs] of of(peer)) {
          const isHeld = (observation.view.job(job)?.cancelledMs ?? null) !== null
          if (isHeld && untilMs === Number.POSITIVE_INFINITY) of(peer).set(job, facts.now() + STOP_MS)
        }
      }
      if (observation.type === 'event') {
        if (observation.event.type === 'finished') of(peer).delete(observation.event.job)
        look(peer)
      }
      if (observation.type !== 'effect') return
      const { effect } = observation
      if (effect.type === 'run') of(peer).set(effect.order.job, Number.POSITIVE_INFINITY)
      if (effect.type === 'stop-run') of(peer).delete(effect.job)
    },
  }
}
