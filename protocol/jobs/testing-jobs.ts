import { hash } from '../crypto/digest.ts'
import { TestEpochs } from '../epoch/testing-orders.ts'
import { type BlobRef, blobRefOf, type JobId } from '../ids.ts'
import { TIMES, UNITS_PER_CREDIT } from '../params.ts'
import type { JobRequest } from '../peer/command.ts'
import type { JobRecord } from './record.ts'
import { CHOICES } from './testing-tickets.ts'

/** What nodes in these tests answer. */
export const ANSWER: BlobRef = blobRefOf(Uint8Array.of(1))
const PRICE = 100n
/** What nodes offer. */
export const OFFER = {
  model: 'm',
  modelDigest: hash('model', new Uint8Array(0)),
  cached: true,
  modes: ['process' as const],
  vramFreeMb: 1,
  loadMilli: 0,
  region: '',
  etaMs: 1,
  price: PRICE,
}

/** For tests: four witnesses (peers 0 to 3), a payer that is none of them and has ten credits, and nodes among all seven. */
export class TestJobs extends TestEpochs {
  static readonly payer = 4

  constructor(nodes: readonly number[]) {
    super(4)
    this.mint(TestJobs.payer, 10n * UNITS_PER_CREDIT)
    for (const at of nodes) this.offer(at)
    this.minds.pass(TIMES.heartbeatMsMax)
  }

  /** A peer's node is there, with one slot unless it says otherwise. */
  offer(at: number, slots = 1): void {
    this.minds.offer(this.id(at), { offers: [OFFER], vramTotalMb: 1, slots })
  }

  /** The payer's job, signed and offered. */
  submit(wishes: Partial<JobRequest> = {}): JobId {
    const request = { ...CHOICES, ...wishes }
    const result = this.minds.command(this.id(TestJobs.payer), { type: 'submit-job', request })
    if (result?.ok !== true || result.type !== 'job') throw new RangeError('the job was refused')
    return result.job
  }

  /** Time enough to be assigned. */
  passElection(): void {
    this.minds.pass(TIMES.bidWindowMs + TIMES.storedMs + TIMES.nudgeMs)
  }

  /** The job as a peer holds it while it isn't terminal. */
  open(at: number, job: JobId): JobRecord | undefined {
    return this.view(at).job(job)
  }

  /** What a peer has earned and not claimed yet. */
  earned(at: number): bigint {
    return this.view(0).account(this.id(at))?.claimable ?? 0n
  }
}
