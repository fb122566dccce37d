import type { JobTerms } from '../../protocol/jobs/spec.ts'
import type { KindName } from '../../protocol/encoding/kinds.ts'
import type { Faults } from '../faults.ts'
import type { CharterParams } from '../founding.ts'
import type { PeerPlan } from '../peer-plan.ts'

/** One run's own mix of members, liars, jobs and trouble (swarm testing). */
export interface JobFaultsPlan {
  readonly peers: readonly [PeerPlan, ...PeerPlan[]]
  readonly charter: CharterParams
  /** From when everybody has money until the healing. */
  readonly faults: Faults
  /** How long things go wrong, in virtual milliseconds. */
  readonly troubleMs: number
  readonly jobs: readonly JobPlan[]
  readonly troubles: readonly AimedTrouble[]
  /** Crashes that hit a point around a write or a send; each peer's next one is this many points away at most. */
  readonly pointsMax: number | undefined
  readonly clockJumpMs: number
}

export interface JobPlan {
  /** By its place. It is the job's steward, too. */
  readonly payer: number
  readonly atMs: number
  readonly replicas: number
  readonly standbys: number
  readonly minConfidence: number
  readonly visibility: 'private' | 'public'
  readonly terms: JobTerms
  readonly deadlineMs: number | undefined
}

/** What the phase of a job begins with: a message of this kind is heard, or a run begins. */
export type Phase = Extract<
  KindName,
  | 'bid'
  | 'stage'
  | 'stored'
  | 'beacon'
  | 'propose'
  | 'prepared'
  | 'decision'
  | 'lease'
  | 'job-commit'
  | 'held'
  | 'seal'
  | 'reveal'
  | 'cancel'
>

export const WHO = ['payer', 'holder', 'standby', 'witness', 'sender', 'receiver'] as const
export type Who = (typeof WHO)[number]

/**
 * `crash`: with a return. `gone`: until all others have come to an end without it. `cut`: its connections close. `silent`:
 * what it sends and is sent vanishes; `one-way`: what it sends. `cancel`: the payer wants no more of the job.
 */
export const WHAT = ['crash', 'gone', 'cut', 'silent', 'one-way', 'cancel'] as const
export type What = (typeof WHAT)[number]

/** Trouble for somebody in a phase of a job. */
export interface AimedTrouble {
  /** Which of the jobs, by the order in which they are heard of. */
  readonly job: number
  readonly phase: Phase
  /** At which of the messages of this kind. */
  readonly nth: number
  readonly who: Who
  readonly what: What
  readonly afterMs: number
  readonly lastsMs: number
}
