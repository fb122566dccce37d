import type { Signed } from '../encoding/signed.ts'
import type { Digest, JobId, PeerId } from '../ids.ts'
import { attemptMarks } from '../trust/outcomes.ts'
import { type Blame, EVIDENCE_MAX } from './blame-record.ts'
import { cancelDigestOf } from './cancel.ts'
import { belongs, isSame } from './counting.ts'
import { type Cancel, type Commit, type Seal, sealDigestOf } from './messages.ts'
import type { Places } from './ranks.ts'
import type { AgainValue, CloseValue, JobValue, SlotAssignment } from './value.ts'

type Evidence = Blame['evidence']

/** What a decision is read against: all of it was decided before. */
export interface Decided {
  readonly job: JobId
  readonly step: number
  readonly value: JobValue
  /** Digest of the value. */
  readonly digest: Digest
  /** t of the epoch that assigned the job. */
  readonly counting: number
  /** The attempt that this decision ends; undefined for step 0. */
  readonly attempt:
    | { readonly slots: readonly SlotAssignment[]; readonly standbys: readonly PeerId[] }
    | undefined
}

/**
 * Who is to blame for what one decision of a job's chain says, in order of slots and ranks. A pure function of decided
 * values, so every peer that had the attempt in its book says the same, and needs no signature beyond those in them.
 */
export function blameOf(decided: Decided): readonly Blame[] {
  const { value, step, digest: decision } = decided
  switch (value.type) {
    case 'assign':
      return []
    case 'void': {
      const evidence = value.cancel === null ? [] : [cancelEvidence(value.cancel)]
      return [ended(step, decision, { cause: value.reason, peer: value.cancel?.signer ?? null, evidence })]
    }
    case 'again':
      return silentIn(decided, value)
    case 'close': {
      const { cancel } = value
      const end = { cause: 'cancelled' as const, peer: cancel?.signer ?? null }
      const last = cancel && ended(step, decision, { ...end, evidence: [cancelEvidence(cancel)] })
      return [...silentIn(decided, value), ...outvotedIn(decided, value), ...(last === null ? [] : [last])]
    }
  }
}

function ended(
  step: number,
  decision: Digest,
  { evidence, ...why }: Pick<Blame, 'cause' | 'peer' | 'evidence'>,
): Blame {
  const shown: Evidence = [...evidence, { kind: 'decision', signer: null, digest: decision }]
  return { step, slot: null, ...why, led: 'refunded', evidence: shown }
}

/** Everybody who held a slot and gave no answer that counts, but those who were right to stop. */
function silentIn(
  { job, step, counting, attempt }: Decided,
  value: CloseValue | AgainValue,
): readonly Blame[] {
  if (attempt === undefined) return []
  const { slots, standbys } = attempt
  // Trust needs more of who wasn't there (`ready`); here it is only said that nobody saw it.
  const ready = slots.map(({ peer }) => peer)
  const marks = attemptMarks({ slots, standbys, ready }, { job, step, counting }, value)
  return marks.flatMap(({ slot, peer, outcome }): Blame[] => {
    if (outcome === 'agreed' || outcome === 'disagreed') return []
    const answered = value.result.replicas.some((one) => one.slot === slot && one.answer !== null)
    const led = value.type === 'again' || answered ? 'reassigned' : 'unpaid'
    const sealed = { job, places: { step: step - 1, slots, standbys }, seals: value.seals }
    const evidence = evidenceOf({ slot, peer }, outcome, sealed).slice(0, EVIDENCE_MAX)
    return [{ step, slot, peer, cause: outcome, led, evidence }]
  })
}

interface Sealed {
  readonly job: JobId
  readonly places: Places
  readonly seals: readonly Signed<Seal>[]
}

function evidenceOf(
  { slot, peer }: SlotAssignment,
  cause: 'noshow' | 'timeout' | 'unrevealed' | 'fault',
  { job, places, seals }: Sealed,
): Evidence {
  const started = ({ body }: Signed<Seal>) =>
    body.started.some((one) => one.slot === slot && one.peer === peer)
  // A seal is a witness's word: what it names of another job or attempt shows nothing here (`counting`).
  const commitIn = ({ body }: Signed<Seal>) =>
    body.commits.find((one) => one.signer === peer && one.body.job === job && belongs(places, one))
  switch (cause) {
    case 'noshow':
      return seals.filter((seal) => !started(seal)).map(sealEvidence)
    case 'timeout':
      return seals.filter((seal) => started(seal) && commitIn(seal) === undefined).map(sealEvidence)
    case 'unrevealed':
    case 'fault': {
      const having = seals.filter((seal) => commitIn(seal) !== undefined)
      const commits = having.flatMap((seal) => commitIn(seal) ?? [])
      const different = commits.filter((one, at) => commits.findIndex((other) => isSame(one, other)) === at)
      return [...different.slice(0, 2).map(commitEvidence), ...having.map(sealEvidence)]
    }
  }
}

/** Of all attempts: whose answers agree is only known at the end. */
function outvotedIn({ step, digest: decision }: Decided, { result }: CloseValue): readonly Blame[] {
  return result.replicas.flatMap(({ slot, peer, outcome, answer }): Blame[] => {
    if (outcome !== 'outvoted' || answer === null) return []
    const evidence: Evidence = [
      { kind: 'reveal', signer: peer, digest: answer.digest },
      { kind: 'decision', signer: null, digest: decision },
    ]
    return [{ step, slot, peer, cause: 'outvoted', led: 'unpaid', evidence }]
  })
}

function sealEvidence(seal: Signed<Seal>): Evidence[number] {
  return { kind: 'seal', signer: seal.signer, digest: sealDigestOf(seal) }
}

function commitEvidence({ signer, body }: Signed<Commit>): Evidence[number] {
  return { kind: 'commit', signer, digest: body.commitment }
}

function cancelEvidence(cancel: Signed<Cancel>): Evidence[number] {
  return { kind: 'cancel', signer: cancel.signer, digest: cancelDigestOf(cancel) }
}
