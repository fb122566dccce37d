import { plainFrame, signedFrame } from '../encoding/envelope.ts'
import type { BodyOf, KindName } from '../encoding/kinds.ts'
import { type Signed, type SignedKind, sign } from '../encoding/signed.ts'
import type { JobId, PeerId } from '../ids.ts'
import { keys } from '../records/keys.ts'
import {
  BID,
  CANCEL,
  COMMIT,
  type Commit,
  commitmentOf,
  type Reveal,
  REVEAL,
  type Seal,
  SEAL,
  sealDigestOf,
} from './messages.ts'
import type { JobRecord } from './record.ts'
import { ANSWER, OFFER, TestJobs } from './testing-jobs.ts'

/** The one that all is told. */
const WITNESS = 1
const NODES = [3, 5, 6]
/** As `TestMinds` draws it. */
const SALT = new Uint8Array(32)
/** The first attempt. */
export const STEP = 0

/** For tests: a job of two replicas and a standby, as far as it came, and whatever anybody says of it to one witness. */
export class Course {
  readonly jobs = new TestJobs(NODES)
  readonly job: JobId

  constructor(cut: readonly string[] = []) {
    this.jobs.minds.isCut = (_from, _to, kind) => cut.includes(kind)
    this.job = this.jobs.submit({ standbys: 1 })
    this.jobs.passElection()
  }

  /** Both replicas have an answer; what they say of it is cut off or not. */
  answered(cut: readonly string[]): this {
    const { minds } = this.jobs
    minds.isCut = (_from, _to, kind) => cut.includes(kind)
    for (const run of minds.runs) minds.finish(run, ANSWER)
    return this
  }

  get record(): JobRecord {
    const record = this.jobs.open(WITNESS, this.job)
    if (record === undefined) throw new RangeError('the job is not open')
    return record
  }

  /** Who was elected for a slot, and who stands by. */
  holder(slot: number): number {
    return this.#at(this.record.slots.find((one) => one.slot === slot)?.peer)
  }
  get standby(): number {
    return this.#at(this.record.standbys[0])
  }

  #at(peer: PeerId | undefined): number {
    return this.jobs.signers.findIndex(({ id }) => id === peer)
  }

  signed<T>(at: number, kind: SignedKind<T>, body: T): Signed<T> {
    return sign(this.jobs.signer(at), this.jobs.minds.roster.swarm, kind, body)
  }

  say(at: number, kind: KindName, signed: Signed<unknown>): void {
    const { minds } = this.jobs
    minds.bring(this.jobs.id(at), this.jobs.id(WITNESS), signedFrame(minds.roster.swarm, kind, signed))
    minds.settle()
  }

  tell<K extends KindName>(at: number, kind: K, body: BodyOf<K>): void {
    const { minds } = this.jobs
    const frame = plainFrame(minds.roster.swarm, this.jobs.id(at), kind, body)
    minds.bring(this.jobs.id(at), this.jobs.id(WITNESS), frame)
    minds.settle()
  }

  bid(at: number, price: bigint, job = this.job): void {
    const body = { job, offer: { ...OFFER, price }, payout: this.jobs.id(at) }
    this.say(at, 'bid', this.signed(at, BID, body))
  }

  lease(at: number, place: Partial<BodyOf<'lease'>> = {}): void {
    const started = { job: this.job, step: STEP, slot: 0, rank: 0, state: 'progress' as const, tokens: 7 }
    this.tell(at, 'lease', { ...started, ...place })
  }

  commit(at: number, place: Partial<Commit> = {}, answer = ANSWER): void {
    const { job } = this
    const slot = place.slot ?? 0
    const commitment = commitmentOf({ job, step: STEP, slot, peer: this.jobs.id(at), salt: SALT, answer })
    const body = { job, step: STEP, slot, rank: 0, commitment, ...place }
    this.say(at, 'job-commit', this.signed(at, COMMIT, body))
  }

  seal(at: number, about: Partial<Seal> = {}): void {
    const body = { job: this.job, step: STEP, commits: [], started: [], ...about }
    this.say(at, 'seal', this.signed(at, SEAL, body))
  }

  /** The seals that the witness holds or has signed itself, as a runner got them. */
  seals(): readonly Signed<Seal>[] {
    const runner = this.jobs.id(this.holder(0))
    return this.jobs.minds
      .heard(runner, 'seal')
      .map(({ from, body }) => this.signed(this.#at(from), SEAL, body))
      .sort((a, b) => (a.signer < b.signer ? -1 : 1))
  }

  reveal(at: number, seals: readonly Signed<Seal>[], about: Partial<Reveal> = {}): void {
    const named = seals.map((seal) => ({ witness: seal.signer, seal: sealDigestOf(seal) }))
    const body = { job: this.job, step: STEP, slot: 0, salt: SALT, answer: ANSWER, seals: named, ...about }
    this.tell(at, 'reveal', { reveal: this.signed(at, REVEAL, body), seals })
  }

  cancel(at: number, by: number, job = this.job): void {
    this.tell(at, 'cancel', { cancel: this.signed(by, CANCEL, { job }) })
  }

  /** All that the witness knows of jobs, in memory and on disk. */
  state(): unknown {
    const { minds } = this.jobs
    const { openJobs } = this.jobs.view(WITNESS)
    return [openJobs(), minds.stored(this.jobs.id(WITNESS), keys.job(this.job))]
  }
}
