import { decodeRecord } from '../encoding/body.ts'
import type { Digest, JobId, PeerId } from '../ids.ts'
import type { Roster } from '../swarm/roster.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import { electedIn } from './ranks.ts'
import { type JobRecord, jobRecordCodec } from './record.ts'

/** What a body is to a job. */
export type BodyRole = 'prompt' | 'answer'

/** A body that a peer holds for a job, as far as it matters for who may have it. */
export interface ReadableBody {
  readonly what: BodyRole
  readonly job: Pick<JobRecord, 'account' | 'spec' | 'slots' | 'standbys'>
  /** The `open` is certified: an offer alone opens nothing, since it costs nothing. */
  readonly isCertified: boolean
  /** The job is terminal. */
  readonly isOver: boolean
  /** Elected, or about to be, besides those that the record names. */
  readonly elected: readonly PeerId[]
  /**
   * An answer was revealed: a quorum has sealed the attempt that it belongs to. Before, its digest may be guessed, and
   * whoever was given the body would know what to copy while there is time to (6.7).
   */
  readonly isRevealed: boolean
}

type Reader = 'payer' | 'elected' | 'witness' | 'member' | 'stranger'

/** Who reads what (6.4). `over`: once the job is terminal. Whoever isn't named in a row reads nothing by it. */
const READERS: Readonly<
  Record<BodyRole, Readonly<Record<'private' | 'public' | 'over', readonly Reader[]>>>
> = {
  prompt: { private: ['payer', 'elected'], public: ['witness', 'member'], over: [] },
  // A public answer that were given away before the end could be committed to in a later attempt.
  answer: { private: ['payer', 'witness'], public: [], over: ['elected', 'member'] },
}

/**
 * Whether `peer` may have a body that this peer holds for this very job. That it holds it for this job, and not for
 * another one that names the same digest, is the asker's to see to (`holdings.ts`): digests are public, so an offer
 * that names somebody else's must open nothing. The rows of `READERS` for public jobs and their end add to the first.
 */
export function mayRead(body: ReadableBody, peer: PeerId, roster: Roster): boolean {
  if (!body.isCertified || roster.isRevoked(peer)) return false
  if (body.what === 'answer' && !body.isRevealed) return false
  const { private: always, public: shown, over } = READERS[body.what]
  const isPublic = body.job.spec.visibility === 'public'
  const allowed = [...always, ...(isPublic ? shown : []), ...(isPublic && body.isOver ? over : [])]
  return readersOf(body, peer, roster).some((reader) => allowed.includes(reader))
}

/** All that a peer is to the job; steward and payer are one and the same for this purpose. */
function readersOf({ job, elected }: ReadableBody, peer: PeerId, roster: Roster): readonly Reader[] {
  const { account, spec } = job
  const isElected = [...elected, ...electedIn(job)].includes(peer)
  return [
    peer === account || peer === spec.steward ? 'payer' : 'stranger',
    isElected ? 'elected' : 'stranger',
    roster.isWitness(peer) ? 'witness' : 'stranger',
    roster.member(peer) === undefined ? 'stranger' : 'member',
  ]
}

/** A body as this peer holds it for one job. */
export interface HeldBody {
  readonly digest: Digest
  readonly job: JobId
  readonly what: BodyRole
}

/** What is asked of whoever knows the jobs that go on. */
interface Knowing {
  readonly roster: Roster
  /** Undefined for a job that isn't open here. */
  mayRead(peer: PeerId, body: HeldBody): boolean | undefined
}

/** Whether somebody may have a body for the job that it is held for, or the record of a closed job that tells. */
export type Right =
  | { readonly isDecided: true; readonly mayHave: boolean }
  | { readonly isDecided: false; readonly key: string; mayHaveBy(record: Uint8Array | undefined): boolean }

/**
 * The right of `peer` to a body that is held here for one job. A job that goes on decides it alone; else its record, as
 * this peer closed it, does, and without one nobody has the body.
 */
export function rightTo(view: Knowing, peer: PeerId, held: HeldBody): Right {
  const open = view.mayRead(peer, held)
  if (open !== undefined) return { isDecided: true, mayHave: open }
  const mayHaveBy = (record: Uint8Array | undefined) =>
    record !== undefined && mayReadClosed(record, held.what, peer, view.roster)
  return { isDecided: false, key: keys.closed(held.job), mayHaveBy }
}

/** Whether `peer` may have a body of a job that is over, by the job's record as this peer closed it. */
export function mayReadClosed(record: Uint8Array, what: BodyRole, peer: PeerId, roster: Roster): boolean {
  return mayRead(closedBody(decodeRecord(jobRecordCodec, record, PREFIXES.closed), what), peer, roster)
}

/** Everything that was ever revealed is in the record of a terminal job. */
function closedBody(record: JobRecord, what: BodyRole): ReadableBody {
  const { entry, account, spec, slots, standbys } = record
  const job = { account, spec, slots, standbys }
  return { what, job, isCertified: entry !== null, isOver: true, elected: [], isRevealed: true }
}
