import type { Logger } from 'pino'
import type { Charter } from '../../protocol/swarm/charter.ts'
import type { Provider } from '../compute/provider.ts'
import type { Runner } from '../compute/runner.ts'
import type { ApiKeyState } from '../config/api-key-file.ts'
import type { DataFolder } from '../config/data-folder.ts'
import type { Config } from '../config/options.ts'
import type { ControlOptions } from '../host/control.ts'
import type { BlobStore } from '../store/blob-store.ts'
import type { DurabilityLog } from '../store/durability-log.ts'
import type { Identity } from '../store/keystore.ts'
import type { Passphrases } from '../store/passphrases.ts'
import type { Store } from '../store/store.ts'
import type { StoreState } from '../store/store-recovery.ts'

export interface DaemonOptions {
  readonly folder: DataFolder
  readonly config: Config
  /** Folder of the built page; undefined serves the API alone. */
  readonly webRoot: string | undefined
  readonly version: string
  readonly logger: Logger
  /** Sees each frame that arrives, before it is judged: for tests that look for contradictions. */
  readonly observe?: (frame: Uint8Array) => void
  /** Makes another API key in place of the one before. */
  readonly renewApiKey?: boolean
  /** What whoever runs this peer knows of it, for the owner's commands. */
  readonly about?: ControlOptions['about']
  /** Models in the place of those that the settings name, for tests and benchmarks. */
  readonly providers?: readonly Provider[]
  /** For keys that are sealed; without it such a peer doesn't start. */
  readonly passphrases?: Passphrases
}

/** What a start holds before its mind begins. */
export interface Opened {
  readonly options: DaemonOptions
  readonly identity: Identity
  readonly charter: Charter
  readonly apiKey: ApiKeyState
  readonly store: Store
  readonly storeState: StoreState
  /** Votes of this key may have been forgotten with an earlier store, or by a reset. */
  readonly amnesia: boolean
  /** The store came from a backup, or was begun anew: this peer's own entries may be forgotten. */
  readonly restored: boolean
  readonly bodies: BlobStore
  readonly log: DurabilityLog
  readonly runner: Runner
}
