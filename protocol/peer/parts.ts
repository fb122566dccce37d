import type { Agreement } from '../agreement/agreement.ts'
import type { CarriedValues } from '../agreement/carried.ts'
import type { Change } from '../epoch/change.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Ledger } from '../ledger/ledger-state.ts'
import type { Relays } from '../swarm/relays.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'
import type { StateDigest } from '../sync/state-digest.ts'
import type { Closing } from '../sync/closing/closing.ts'
import type { Sync } from '../sync/sync.ts'
import type { Trust } from '../trust/trust.ts'
import type { EpochCommands } from './epoch-commands.ts'
import type { Commands } from './commands.ts'
import type { Capabilities } from './event.ts'
import type { Heartbeats } from './heartbeats.ts'
import type { Submissions } from './submissions.ts'

/** The parts of a mind, each a state machine of its own; `route` leads events to them. */
export interface Parts {
  readonly ledger: Ledger
  readonly sync: Sync
  readonly agreement: Agreement
  readonly jobs: Jobs
  readonly trust: Trust
  readonly change: Change
  readonly closing: Closing
  readonly carried: CarriedValues
  readonly epochCommands: EpochCommands
  readonly heartbeats: Heartbeats
  readonly commands: Commands
  readonly submissions: Submissions
  readonly relays: Relays
  readonly digest: StateDigest
  readonly duty: WitnessDuty
  capabilities: Capabilities
}
