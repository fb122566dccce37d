import type { Digest } from '../../protocol/ids.ts'
import type { DurationsCopy } from '../host/durations.ts'

/** What a peer's process is started with, as JSON in its only argument. */
export interface PeerTask {
  readonly folder: string
  readonly operator: string
  readonly bootstrap: readonly string[]
}

export type PeerRequest = { readonly type: 'report' | 'reset-durations' | 'stop' }

/** A process as it is at one moment. */
export interface PeerReport {
  readonly root: Digest
  readonly entries: number
  readonly conserved: boolean
  readonly rssBytes: number
  readonly heapBytes: number
  /** Processor time since the process began, all threads. */
  readonly cpuMs: number
  readonly dropped: Readonly<Record<string, number>>
  readonly durations: DurationsCopy
}

export type PeerAnswer =
  | { readonly type: 'ready'; readonly addresses: readonly string[] }
  | { readonly type: 'report'; readonly report: PeerReport }
