import type { Verifier } from '../../protocol/crypto/verifier.ts'
import type { Channel, Topic } from '../../protocol/encoding/kinds.ts'
import type { BlobRef, Digest, JobId, PeerId } from '../../protocol/ids.ts'
import type { StoredRecord, Write } from '../../protocol/records/record.ts'
import type { Answer, Comparator, Verdict } from '../../protocol/verification/verdict.ts'

/** What the host needs of the other rooms; `daemon.ts` hands it in. Each is documented where it is implemented. */
export interface Bodies {
  put(body: Uint8Array, options?: { readonly durable: boolean }): Promise<BlobRef>
  get(digest: Digest): Promise<Uint8Array | undefined>
}

/** What histories read of the store. */
export interface ColdRecords {
  get(key: string): Promise<Uint8Array | undefined>
  scan(scan: { prefix: string; after?: string; reverse?: boolean }): AsyncIterable<StoredRecord>
}

export interface Log {
  append(position: number, writes: readonly Write[]): void
  whenSynced(position: number, action: () => void): void
  eased(): Promise<void> | undefined
}

export interface Wire {
  send(to: PeerId, channel: Channel, frame: Uint8Array): void
  publish(topic: Topic, frame: Uint8Array): void
  /** A key became a member or was revoked: connections that may not live any more are closed. */
  membershipChanged(peer: PeerId): void
  fetchBlob(from: PeerId, blob: BlobRef, signal: AbortSignal): Promise<Uint8Array>
  readTokens(from: PeerId, job: JobId, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Members that say they hold a body for whoever may have it. Never rejects. */
  findProviders(body: Digest, signal: AbortSignal): Promise<readonly PeerId[]>
}

export interface RunTask {
  readonly key: string
  readonly model: string
  readonly prompt: string
  readonly temperature: number
  readonly seed: number
  readonly maxTokens: number
}

export type RunEnd =
  | { readonly ok: true; readonly text: string; readonly tokens: number; readonly durationMs: number }
  | { readonly ok: false; readonly code: string; readonly detail: string }

export interface Engine {
  run(
    task: RunTask,
    observer: { readonly onProgress: (tokens: number) => void; readonly onToken?: (text: string) => void },
  ): Promise<RunEnd>
  cancel(key: string): boolean
}

export interface Judge {
  judge(answers: readonly Answer[], comparator: Comparator): Promise<Verdict>
}

export interface HostPorts {
  readonly bodies: Bodies
  readonly log: Log
  readonly records: { getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> }
  readonly engine: Engine
  readonly judge: Judge
  readonly verifier: Verifier
  /** Milliseconds of the mind's clock. */
  readonly now: () => number
  /** A broken invariant or a broken disk: the process must end. Called once. */
  readonly onFailure: (error: unknown) => void
}
