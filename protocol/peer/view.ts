import type { DryRun } from '../election/dry-run.ts'
import type { ChangeView, PendingOrder } from '../epoch/change-view.ts'
import type { Digest, JobId, PeerId, SwarmId } from '../ids.ts'
import type { Message } from '../intake/message.ts'
import type { HeldBody } from '../jobs/access.ts'
import type { Heartbeat } from '../jobs/messages.ts'
import type { JobRecord } from '../jobs/record.ts'
import type { Submission, Ticket } from '../jobs/ticket.ts'
import type { AccountView } from '../ledger/ledger.ts'
import type { AccountId } from '../ids.ts'
import type { CommandFault, JobRequest } from './command.ts'
import type { Roster } from '../swarm/roster.ts'
import type { TrustSnapshot } from '../trust/snapshot.ts'

/** A member as this peer knows it; `heartbeat` is the newest one, undefined before the first. */
export interface NodeView {
  readonly peer: PeerId
  readonly operator: string
  readonly witness: boolean
  readonly status: 'online' | 'late' | 'offline'
  readonly lastSeenMs: number | undefined
  readonly heartbeat: Heartbeat | undefined
}

/** A submission that waits: how many go before it, and why it isn't opened yet. */
export interface WaitingView {
  readonly ticket: Ticket
  readonly position: number
  readonly reason: 'busy' | CommandFault
}

export type DryRunView =
  | {
      readonly ok: true
      readonly outcome: DryRun
      /** How many submissions wait already; 0 where it would be opened at once. */
      readonly waiting: number
    }
  | { readonly ok: false; readonly code: CommandFault; readonly detail: string }

/** Sums over all accounts and jobs; conservation: free + unclaimed + escrowed + burnt = minted (12.1). */
export interface Supply {
  readonly minted: bigint
  readonly free: bigint
  readonly unclaimed: bigint
  readonly escrowed: bigint
  readonly burnt: bigint
}

export interface TrustView extends TrustSnapshot {
  readonly root: Digest | undefined
  readonly waiting: number
}

export interface Counters {
  /** Frames accepted, and dropped by code. */
  readonly accepted: number
  readonly dropped: Readonly<Record<string, number>>
  /** Terminal jobs by outcome since this store began. */
  readonly jobs: Readonly<Record<'completed' | 'unresolved' | 'void', number>>
  readonly entries: number
}

/**
 * What pages and routes read, synchronously and only from memory. Returned values are never changed in place.
 * Cold facts (closed jobs, certificates, decisions) are read from the store by a `History`.
 */
export interface PeerView {
  readonly self: PeerId
  readonly swarm: SwarmId
  readonly roster: Roster
  /** Whether this peer votes; `amnesiac`: it is named as a witness, but may have forgotten votes (4.10). */
  duty(): 'active' | 'amnesiac' | 'none'
  /** The change of epoch that is under way, if any; the current epoch is the roster's. */
  change(): ChangeView
  /** Orders for the next epoch that this peer has heard of, the one first that it has stopped for. */
  orders(): readonly PendingOrder[]
  ledgerRoot(): Digest
  supply(): Supply
  /** The newest trust snapshot, and how many closes no snapshot has folded yet. */
  trust(): TrustView
  account(account: AccountId): AccountView | undefined
  accounts(): Iterable<AccountView>
  nodes(now: number): readonly NodeView[]
  /** Jobs that aren't terminal yet, newest first; a terminal one is in the store. */
  openJobs(): readonly JobRecord[]
  job(job: JobId): JobRecord | undefined
  /** A job that became terminal a moment ago; the store has it, too, once it is written. */
  closedLately(job: JobId): JobRecord | undefined
  /** Whether a submission isn't a job yet, by its name: its place, which `waiting` tells, costs a walk through the queue. */
  isWaiting(name: Digest): boolean
  /** A submission that isn't a job yet, by its name. */
  waiting(name: Digest, now: number): WaitingView | undefined
  /** All of them, the newest first. */
  allWaiting(): readonly Ticket[]
  /** What became lately of a submission that isn't waiting any more; the store has it, too, once it is written. */
  submission(name: Digest): Submission | undefined
  /** What a job would cost and who would be elected: nothing is written, sent or held. `entropy` draws the tie-break. */
  dryRun(request: JobRequest, entropy: Uint8Array, now: number): DryRunView
  counters(): Counters
  /** Whether handling this gossiped message would tell this peer anything: a heartbeat may be old, a job known. */
  isNews(message: Message): boolean
  /**
   * Whether `peer` may be given a body that this peer holds for a job (6.4, `jobs/access`); undefined when the job isn't
   * open, so that its closed record tells.
   */
  mayRead(peer: PeerId, body: HeldBody): boolean | undefined
}
