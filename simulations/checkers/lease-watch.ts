import type { BodyOf } from '../../protocol/encoding/kinds.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { Observation } from '../observation.ts'
import { type Assignment, assignmentsIn, ranksOf } from './assignments.ts'
import type { Facts } from './checker.ts'
import { openOf } from './ledger-replay.ts'

interface Heard {
  readonly slot: number
  readonly atMs: number
  readonly isFailed: boolean
}

export interface KnownAttempt {
  readonly attempt: Assignment
  readonly spec: JobSpec
  readonly account: string
}

/** An attempt's place in the eyes of one peer. */
export interface Viewed {
  readonly peer: PeerId
  readonly job: string
  readonly step: number
}

/** What each peer has heard of runners at work, in this life of its process. */
export interface LeaseWatch {
  observe(observation: Observation): void
  attemptOf(viewed: Viewed): KnownAttempt | undefined
  /** For how long a peer has heard nothing of a runner at a slot; Infinity for one that failed. */
  silentMs(viewed: Viewed, runner: string, slot: number): number
  hasFailed(viewed: Viewed, runner: string): boolean
  /** When a peer learnt of an attempt; undefined if its process is a later one. */
  assignedMs(viewed: Viewed): number | undefined
}

const nameOf = ({ peer, job, step }: Viewed) => `${peer} ${job}/${step}`

export function createLeaseWatch(facts: Facts): LeaseWatch {
  /** All peers have the same: each is read once. */
  const known = new Map<string, KnownAttempt>()
  /** The newest lease of each runner, by listener and attempt. */
  const leases = new Map<string, Map<string, Heard>>()
  const assigned = new Map<string, number>()
  const startedMs = new Map<PeerId, number>()

  const attemptOf = ({ peer, job, step }: Viewed): KnownAttempt | undefined => {
    const name = `${job}/${step}`
    const before = known.get(name)
    if (before !== undefined) return before
    const stored = facts.read(facts.written(peer))
    const attempt = assignmentsIn(stored.jobs.get(job) ?? []).get(step)
    const opened = openOf(stored, job)
    if (attempt === undefined || opened === undefined) return undefined
    const found = { attempt, ...opened }
    known.set(name, found)
    return found
  }

  const hear = (peer: PeerId, from: PeerId, { job, step, slot, rank, state }: BodyOf<'lease'>) => {
    const viewed = { peer, job, step }
    const attempt = attemptOf(viewed)?.attempt
    if (attempt === undefined || ranksOf(attempt, slot)[rank] !== from) return
    const heard = leases.get(nameOf(viewed)) ?? new Map<string, Heard>()
    leases.set(nameOf(viewed), heard.set(from, { slot, atMs: facts.now(), isFailed: state === 'failed' }))
  }

  const start = (peer: PeerId) => {
    startedMs.set(peer, facts.now())
    for (const [name, heard] of leases) if (name.startsWith(peer)) heard.clear()
    for (const name of assigned.keys()) if (name.startsWith(peer)) assigned.delete(name)
  }

  return {
    observe(observation) {
      const { peer } = observation
      if (observation.type === 'started') start(peer)
      else if (observation.type === 'event' && observation.event.type === 'message') {
        const { message } = observation.event
        if (message.kind === 'lease') hear(peer, message.from, message.body)
      } else if (observation.type === 'effect' && observation.effect.type === 'persist') {
        for (const { key } of observation.effect.writes) {
          // `decision/<job>/<step>`, the step with leading zeros.
          const [, job = '', step] = key.startsWith(PREFIXES.decision) ? key.split('/') : []
          if (step !== undefined) assigned.set(nameOf({ peer, job, step: Number(step) }), facts.now())
        }
      }
    },
    attemptOf,
    silentMs(viewed, runner, slot) {
      const lease = leases.get(nameOf(viewed))?.get(runner)
      if (lease?.isFailed === true) return Number.POSITIVE_INFINITY
      const listening = assigned.get(nameOf(viewed)) ?? startedMs.get(viewed.peer) ?? 0
      return facts.now() - (lease?.slot === slot ? Math.max(lease.atMs, listening) : listening)
    },
    hasFailed: (viewed, runner) => leases.get(nameOf(viewed))?.get(runner)?.isFailed === true,
    assignedMs: (viewed) => assigned.get(nameOf(viewed)),
  }
}
