import type { BodyOf } from '../encoding/kinds.ts'
import type { Signed } from '../encoding/signed.ts'
import type { InstanceId } from '../ids.ts'
import { TIMES } from '../params.ts'
import type { NewView, PreparedCertificate } from './messages.ts'
import type { Value } from './value.ts'

/** One try of this peer to get an instance decided. Votes are kept by witness position. */
export interface Attempt {
  readonly instance: InstanceId
  readonly round: number
  readonly newviews: Map<number, Signed<NewView>>
  /** Values that promises carried, by their position; only the highest certificate's is used. */
  readonly carried: Map<number, Value>
  proposal: BodyOf<'propose'> | undefined
  readonly prepares: Map<number, Uint8Array>
  prepared: PreparedCertificate | undefined
  readonly commits: Map<number, Uint8Array>
  readonly refusedBy: Set<number>
  /** Witnesses that say they promised a higher round; one alone may lie. */
  readonly promisedBy: Set<number>
  /** Witnesses shown the proposal again since the last retry: a refusal can't make us repeat it at its pace. */
  readonly shownAgain: Set<number>
  waitMs: number
  /** It isn't given up for this peer's next own round before this time. */
  keptUntilMs: number
}

/** Where this peer stands as a voter: its promise, and whether it holds a prepared certificate. */
export interface Standing {
  readonly promised: number
  readonly prepared: boolean
  /** When it would itself promise a round. */
  readyAt(round: number, dueMs: number): number
}

export function freshAttempt(instance: InstanceId, round: number, keptUntilMs: number): Attempt {
  return {
    instance,
    round,
    newviews: new Map(),
    carried: new Map(),
    proposal: undefined,
    prepares: new Map(),
    prepared: undefined,
    commits: new Map(),
    refusedBy: new Set(),
    promisedBy: new Set(),
    shownAgain: new Set(),
    waitMs: TIMES.retryMs,
    keptUntilMs,
  }
}
