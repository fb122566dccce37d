import type { Signer } from '../crypto/signer.ts'
import type { Digest, PeerId } from '../ids.ts'
import type { Ledger } from '../ledger/ledger-state.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Capabilities } from '../peer/event.ts'
import type { Roster } from '../swarm/roster.ts'
import type { FactServer } from '../sync/serve.ts'
import type { TrustSnapshot } from '../trust/snapshot.ts'
import type { JobBook } from './job-book.ts'
import type { OpenJob } from './open-job.ts'
import { electedIn } from './ranks.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'

/** What every role of a job works with. */
export interface JobContext {
  readonly signer: Signer
  readonly roster: Roster
  readonly duty: WitnessDuty
  readonly rules: Digest
  readonly book: JobBook
  readonly ledger: Ledger
  readonly payout: PeerId
  readonly serve: Pick<FactServer, 'facts'>
  /** The newest snapshot of trust, and any that can still be read (7). */
  snapshot(): TrustSnapshot
  snapshotAt(number: number): TrustSnapshot | undefined
  capabilities(): Capabilities
  /** Whether this peer's node can begin one more run soon. */
  hasRoom(): boolean
  /** Something changed that may let an instance of this job be proposed, judged or taken up by a witness. */
  stir(out: Outbox, open: OpenJob): void
  /** The payer's word that it wants no more of this job is held: whatever runs here for it ends. */
  cancelled(out: Outbox, open: OpenJob): void
}

/** Everybody else who has a part in a job: those who decide, those elected, and those who would be. */
export function workersOn(context: JobContext, open: OpenJob): readonly PeerId[] {
  const runners = [...open.bids.keys(), ...electedIn(open.attempt)]
  return [...new Set([...deciders(context, open), ...runners])].filter((peer) => peer !== context.signer.id)
}

/** Steward and witnesses, without repetition: who must hear of bids, commits and reveals. */
export function deciders(context: JobContext, open: OpenJob): readonly PeerId[] {
  const { witnesses } = context.roster.epoch
  const { steward } = open.record.spec
  return witnesses.includes(steward) ? witnesses : [...witnesses, steward]
}
