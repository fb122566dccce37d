import type { Digest, JobId, PeerId } from '../../protocol/ids.ts'
import type { Command } from '../../protocol/peer/command.ts'
import type { Supply } from '../../protocol/peer/view.ts'
import type { OptionName } from '../config/options.ts'
import type { DurationsCopy } from '../host/durations.ts'
import type { BackupRequest } from '../host/backup.ts'
import type { StoreState } from '../store/store-recovery.ts'

/** What a driven peer is started with. */
export interface DrivenSettings {
  readonly folder: string
  readonly flags: Readonly<Partial<Record<OptionName, string>>>
  /** Load the program, then touch nothing before the first message. */
  readonly waits?: boolean
  /** Runs a model that answers after so long, 0 for at once, and no other. */
  readonly answerMs?: number
  /** Folder of the page that it serves; none by default. */
  readonly webRoot?: string
}

/** Transfers of one owner at a steady pace. */
export interface Payments {
  readonly to: PeerId
  readonly amount: bigint
  readonly perSecond: number
  /** Begins each transfer's memo; its number ends it. */
  readonly memo: string
}

/** What became of them, once the owner stopped and all that it had signed was certified. */
export interface PaymentsReport {
  /** Memos of those that were acknowledged. */
  readonly acknowledged: readonly string[]
  readonly refused: readonly string[]
  /** When the owner saw its account go on, milliseconds since 1970. */
  readonly certifiedMs: readonly number[]
}

/** Jobs of one peer's owner at a steady pace. */
export interface JobsLoad {
  readonly perSecond: number
  /** Before the first, so that peers take turns. */
  readonly delayMs: number
  readonly replicas: number
  readonly standbys: number
  readonly maxPrice: bigint
  /** Begins each prompt; its number ends it. */
  readonly prompt: string
}

/** What became of them. Times are as their submitter saw them. */
export interface JobsReport {
  /** Accepted ones. */
  readonly submitted: number
  /** By code, and by the status in which they ended. */
  readonly refused: Readonly<Record<string, number>>
  readonly ends: Readonly<Record<string, number>>
  /** From the request with its prompt on. */
  readonly assignedMs: readonly number[]
  readonly completedMs: readonly number[]
  /** When each was over, milliseconds since 1970. */
  readonly endedAtMs: readonly number[]
  /** Accepted ones that weren't over when their submitter stopped waiting. */
  readonly open: readonly JobId[]
}

export type DrivenRequest =
  | { readonly type: 'look' | 'report' | 'reset-durations' }
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'pay'; readonly payments: Payments }
  | { readonly type: 'paid' }
  | { readonly type: 'submit'; readonly load: JobsLoad }
  | { readonly type: 'submitted'; readonly waitMs: number }
  | { readonly type: 'body'; readonly digest: Digest }
  | { readonly type: 'put-blob'; readonly body: Uint8Array }
  | { readonly type: 'record'; readonly job: JobId }
  | { readonly type: 'backup'; readonly request: BackupRequest }

export interface Holding {
  readonly free: bigint
  readonly claimable: bigint
  readonly escrowed: bigint
  readonly seq: number
}

/** A peer's own view of the ledger and of the swarm. */
export interface Look {
  readonly root: string
  readonly entries: number
  readonly supply: Supply
  readonly accounts: Readonly<Record<PeerId, Holding>>
  readonly online: number
  /** Members whose models it has heard of. */
  readonly offering: number
  readonly storeState: StoreState
}

/** A peer's process as it is at one moment, for measurements. */
export interface ProcessReport {
  readonly root: string
  readonly entries: number
  readonly conserved: boolean
  readonly rssBytes: number
  readonly heapBytes: number
  /** Terminal jobs that it knows of, and those that go on. */
  readonly jobs: { readonly over: number; readonly open: number }
  /** Processor time since the process began, all threads. */
  readonly cpuMs: number
  readonly dropped: Readonly<Record<string, number>>
  readonly durations: DurationsCopy
}

/** Times are milliseconds since 1970, so that another process can compare them with its own. */
export type DrivenReport =
  | {
      readonly type: 'ready'
      readonly id: PeerId
      readonly url: string
      /** Multiaddrs to dial it at. */
      readonly addresses: readonly string[]
      /** The program is loaded; where it waits, that is how far it comes before `go`. */
      readonly loadedMs: number
      readonly restoredMs: number
      readonly answeringMs: number
      /** Processor time of all its threads until then: unlike the clock it hardly knows what else runs. */
      readonly processorMs: number
      readonly isStoreSound: boolean
    }
  | { readonly type: 'refused'; readonly code: string; readonly message: string }
  | { readonly type: 'broken'; readonly message: string }
  | { readonly type: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }
