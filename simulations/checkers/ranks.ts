import type { BodyOf } from '../../protocol/encoding/kinds.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import type { RunOrder } from '../../protocol/peer/effect.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import { type Assignment, assignmentsIn, ranksOf } from './assignments.ts'
import type { CreateChecker } from './checker.ts'
import { openOf } from './ledger-replay.ts'

interface Heard {
  readonly slot: number
  readonly atMs: number
  readonly isFailed: boolean
}

/**
 * A standby begins only once it has heard nothing of all lower ranks for leaseMs and its rank's grace (6.5), or that they
 * failed; and each commit names the rank that its runner has. By what reached this peer in this life of its process.
 */
export const createRanksChecker: CreateChecker = (facts, report) => {
  /** The newest lease of each runner, by listener and attempt. */
  const leases = new Map<string, Map<string, Heard>>()
  /** Since when a peer could have heard them: its start, or the decision that began the attempt. */
  const since = new Map<string, number>()
  const startedMs = new Map<PeerId, number>()

  /** All peers have the same: each is read once. */
  const known = new Map<string, { readonly attempt: Assignment; readonly spec: JobSpec }>()

  const attemptOf = (peer: PeerId, job: string, step: number) => {
    const name = `${job}/${step}`
    const before = known.get(name)
    if (before !== undefined) return before
    const stored = facts.read(facts.written(peer))
    const attempt = assignmentsIn(stored.jobs.get(job) ?? []).get(step)
    const spec = openOf(stored, job)?.spec
    if (attempt === undefined || spec === undefined) return undefined
    const found = { attempt, spec }
    known.set(name, found)
    return found
  }

  const begins = (peer: PeerId, { job, step, slot }: RunOrder) => {
    const found = attemptOf(peer, job, step)
    if (found === undefined) return
    const { attempt, spec } = found
    const ranks = ranksOf(attempt, slot)
    const rank = ranks.indexOf(peer)
    const name = `${peer} ${job}/${step}`
    const listening = Math.max(since.get(name) ?? 0, startedMs.get(peer) ?? 0)
    const needed = spec.leaseMs + rank * spec.graceMs
    for (const lower of ranks.slice(0, rank)) {
      const lease = leases.get(name)?.get(lower)
      if (lease?.isFailed === true) continue
      const heardMs = lease?.slot === slot ? Math.max(lease.atMs, listening) : listening
      const silentMs = facts.now() - heardMs
      if (silentMs < needed)
        report(
          `${peer} begins slot ${slot} of ${job}/${step} as rank ${rank} after ${silentMs} of ${needed} ms`,
        )
    }
  }

  const hear = (peer: PeerId, from: PeerId, { job, step, slot, rank, state }: BodyOf<'lease'>) => {
    const attempt = attemptOf(peer, job, step)?.attempt
    if (attempt === undefined || ranksOf(attempt, slot).indexOf(from) !== rank) return
    const name = `${peer} ${job}/${step}`
    const heard = leases.get(name) ?? new Map<string, Heard>()
    leases.set(name, heard.set(from, { slot, atMs: facts.now(), isFailed: state === 'failed' }))
  }

  return {
    observe(observation) {
      const { peer } = observation
      if (observation.type === 'started') {
        startedMs.set(peer, facts.now())
        for (const [name, heard] of leases) if (name.startsWith(peer)) heard.clear()
      } else if (observation.type === 'event' && observation.event.type === 'message') {
        const { message } = observation.event
        if (message.kind === 'lease') hear(peer, message.from, message.body)
      } else if (observation.type === 'effect' && observation.effect.type === 'run') {
        begins(peer, observation.effect.order)
      } else if (observation.type === 'effect' && observation.effect.type === 'persist') {
        for (const { key } of observation.effect.writes)
          if (key.startsWith(PREFIXES.decision)) since.set(`${peer} ${attemptNamed(key)}`, facts.now())
      }
    },
    evidence(peer, { message }) {
      if (message?.kind !== 'job-commit' || !facts.correct.has(peer)) return
      const { job, step, slot, rank } = message.body as BodyOf<'job-commit'>
      const attempt = attemptOf(peer, job, step)?.attempt
      if (attempt !== undefined && !holds(attempt, slot, rank, peer))
        report(`${peer} commits as rank ${rank} of slot ${slot} of ${job}/${step}`)
    },
  }
}

function holds(attempt: Assignment, slot: number, rank: number, peer: string): boolean {
  return ranksOf(attempt, slot)[rank] === peer
}

/** `decision/<job>/<step>`, the step with leading zeros, as job and step. */
function attemptNamed(key: string): string {
  const [, job, step] = key.split('/')
  return `${job}/${Number(step)}`
}
