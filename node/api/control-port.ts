import type { AccountId, PeerId, SwarmId } from '../../protocol/ids.ts'

/** What was decided about working for others; `none` where a program that embeds the peer answers for it. */
export interface ConsentView {
  readonly status: 'none' | 'accepted' | 'revoked'
  readonly termsVersion: number | null
  readonly currentVersion: number
  readonly acceptedMs: number | null
  readonly acceptedBy: string | null
  readonly revokedMs: number | null
}

export interface SettingView {
  readonly name: string
  readonly value: string
  readonly origin: 'flag' | 'environment' | 'file' | 'default'
  /** The flag, variable or file; null for a default. */
  readonly source: string | null
}

/** Lines of the process's log, bounded; `text` is one JSON object, undefined for a line too long to keep. */
export interface LogLines {
  read(query: { readonly limit: number; readonly after?: number | undefined }): {
    readonly lines: readonly { readonly number: number; readonly text: string | undefined }[]
    readonly last: number
    readonly missed: number
  }
  /** Resolves once there is a line after `after`, or the time is over, or the server stops. */
  waitFor(after: number, forMs: number): Promise<void>
  /** Lets everybody go who waits. */
  close(): void
}

export interface StoreCondition {
  readonly status: 'sound' | 'replaced'
  readonly damage: { readonly code: string; readonly detail: string } | null
  readonly movedTo: string | null
  readonly forgetful: boolean
}

export interface BackupMade {
  readonly peer: PeerId
  readonly swarm: SwarmId
  /** How many batches the store held when it was copied. */
  readonly position: number
  readonly createdMs: number
  readonly keys: 'plain' | 'sealed'
  readonly records: number
  readonly bodies: number
  readonly bytes: number
}

export interface BackupChoice {
  /** Seals keys that lie plain in the data folder. */
  readonly passphrase: string | undefined
  /** Keys that lie plain may lie plain in the backup. */
  readonly plainKeys: boolean
  readonly bodies: boolean
}

/**
 * Copies keys and records to a new file while the peer runs; resolves once all of it is on disk. It ends with the
 * signal, and whatever it rejects with, it leaves nothing there that looks like a backup. An error's `code` is shown.
 */
export type Backup = (
  path: string,
  options: BackupChoice & { readonly signal: AbortSignal },
  progress: (copied: { readonly bytesDone: number; readonly bytesTotal: number | null }) => void,
) => Promise<BackupMade>

/** A further key, or why none was made. */
export type WalletMade =
  | { readonly ok: true; readonly id: AccountId; readonly label: string }
  | {
      readonly ok: false
      readonly code: 'label_invalid' | 'keys_sealed' | 'keys_unusable'
      readonly detail: string
    }

/** What the control routes need of the running process. */
export interface ControlPort {
  readonly process: {
    readonly startedMs: number
    readonly dataFolder: string
    readonly slots: number
    readonly listen: readonly string[]
    readonly ollamaUrl: string
    readonly store: StoreCondition
  }
  readonly node: {
    readonly state: 'running' | 'paused' | 'draining'
    readonly bids: boolean
    waitingJobs(): number
    pause(): Promise<void>
    resume(): Promise<void>
    /** The process exits once nothing waits for this node. */
    drain(): void
  }
  readonly consent: {
    view(): ConsentView
    /** False where the terms of that version are not the ones that this program shows. */
    accept(termsVersion: number): Promise<boolean>
    revoke(): Promise<void>
  }
  readonly settings: readonly SettingView[]
  readonly logs: LogLines
  /** Ends the process in good order once the answer has left. */
  shutdown(): void
  /** Undefined in a program without this part. */
  readonly backup?: Backup
  /** Keys of this peer beyond its own, which is the default. Undefined in a program without this part. */
  readonly wallets?: {
    list(): Promise<readonly { readonly id: AccountId; readonly label: string }[]>
    create(label: string): Promise<WalletMade>
  }
}
