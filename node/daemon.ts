import type { JobId } from '../protocol/ids.ts'
import type { JobRecord } from '../protocol/jobs/record.ts'
import { type Charter, swarmIdOf } from '../protocol/swarm/charter.ts'
import type { Backend } from './api/backend.ts'
import { findSubmission } from './api/find-job.ts'
import { createProviders } from './compute/providers.ts'
import { createLyingProvider } from './compute/lying-provider.ts'
import type { Provider } from './compute/provider.ts'
import { createRunner } from './compute/runner.ts'
import { loadOrCreateApiKey } from './config/api-key-file.ts'
import { readCharter, writeCharter } from './config/charter-file.ts'
import type { DataFolder } from './config/data-folder.ts'
import { readForgotten } from './config/forgotten-swarms.ts'
import { ownRules } from './config/lexicon.ts'
import { openAiSettings } from './config/openai-settings.ts'
import type { Config } from './config/options.ts'
import { BODY_BYTES_MAX, type BackupRequest } from './host/backup.ts'
import type { ExitReason } from './host/control.ts'
import type { Durations } from './host/durations.ts'
import { openRecords } from './host/records.ts'
import type { BackupOptions, BackupSummary } from './store/backup/write-backup.ts'
import { openBlobStore } from './store/blob-store.ts'
import { createDurabilityLog } from './store/durability-log.ts'
import { type Identity, loadOrCreateIdentity } from './store/keystore.ts'
import { acquireLock } from './store/lock.ts'
import { requireWhole } from './store/lost-parts.ts'
import { completeRestore } from './store/restore/restore-journal.ts'
import { StoreError } from './store/store.ts'
import type { StoreState } from './store/store-recovery.ts'
import { foundSwarm } from './swarm/founding.ts'
import type { DaemonOptions, Opened } from './start/opened.ts'
import { knowsOthers } from './start/other-members.ts'
import { startMind } from './start/start-mind.ts'

/** A running peer. Its backend's ports are here too: what routes can do, a program that embeds a peer can do. */
export interface Daemon
  extends Pick<Backend, 'view' | 'now' | 'command' | 'subscribe' | 'putBlob' | 'getBlob'> {
  readonly id: string
  addresses(): readonly string[]
  /** A job as this peer shows it, closed ones too, by its id or by the name that it went by while it waited. */
  record(job: JobId): Promise<JobRecord | undefined>
  /** Where the API and the page are. */
  readonly url: string
  /** The API key, if this start made it; afterwards only its digest is known here. */
  readonly newApiKey: string | undefined
  /** Resolves with the reason when an invariant or the disk broke: nothing leaves any more, the process must end. */
  readonly broken: Promise<unknown>
  /** Resolves when the owner's commands ask the process to end: whoever runs it stops it then. */
  readonly exitAsked: Promise<ExitReason>
  /** Resolves when this peer has gone astray for a while: started again it begins its ledger anew. */
  readonly astray: Promise<void>
  /** How long the mind took over its events. */
  readonly durations: Durations
  /** Whether this start found every record that was ever synced; if not, what it did. */
  readonly storeState: StoreState
  /** When the store was open and its records were in the mind, on the process's `performance` clock. */
  readonly restoredMs: number
  /** Writes a backup of the peer as it is now, while it goes on. */
  backup(request: BackupRequest, options?: BackupOptions): Promise<BackupSummary>
  /** Lets running requests end, syncs what was decided and frees ports and data folder. Idempotent. */
  stop(): Promise<void>
}

/** Before the witnesses' time for a commit is over, so that a slow run ends as this peer's own failure. */
const RUN_TIMEOUT_MS = 110_000

/**
 * Starts a peer in this order: lock, what a restore left to be done, identity, charter, store, compute, records into the mind, network, mind,
 * API. `stop` goes the other way: nobody new is let in, then nothing new happens, then the log is synced, and
 * the lock is given free last. Without the key or charter of a peer that has lived here it makes no other one. A start that fails undoes what it did. Throws the rooms' own errors.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  try {
    return await startOnce(options)
  } catch (error) {
    // Reading the record has condemned the store: this time it is replaced, or refused for good.
    if (error instanceof StoreError && error.code === 'store_corrupt') return startOnce(options)
    throw error
  }
}

async function startOnce(options: DaemonOptions): Promise<Daemon> {
  const starting = new AsyncDisposableStack()
  try {
    return await startInto(options, starting)
  } finally {
    // Empty once the running peer has taken it over.
    await starting.disposeAsync()
  }
}

async function startInto(options: DaemonOptions, starting: AsyncDisposableStack): Promise<Daemon> {
  const { folder, config, logger } = options
  const lock = await acquireLock(folder.root)
  starting.defer(() => lock.release())
  const ended = await completeRestore(folder.root)
  if (ended !== undefined) logger.warn(ended, 'a restore that was cut short was brought to its end')
  await requireWhole(folder)
  const identity = await loadOrCreateIdentity(folder.root, options.passphrases)
  const charter = await requireCharter(folder, config, identity)
  const apiKey = await loadOrCreateApiKey(folder, options.renewApiKey === true)
  const broken = Promise.withResolvers<unknown>()
  const hasPeers = await knowsOthers(folder, { charter, self: identity.id, bootstrap: config.bootstrap })
  const records = await openRecords(folder, hasPeers, logger, broken.resolve)
  const { store, state: storeState, restored } = records
  starting.defer(() => store.close())
  const amnesia = records.amnesia || (await readForgotten(folder)).includes(swarmIdOf(charter))
  const bodies = openBlobStore(folder.blobs, { bytesMax: BODY_BYTES_MAX })
  const log = createDurabilityLog(store, { onFailure: broken.resolve })
  starting.defer(() => log.drain())

  const providers = options.providers ?? (await openProviders(config))
  const runner = createRunner({ providers, slots: config.slots, timeoutMs: RUN_TIMEOUT_MS })
  starting.defer(() => runner.close())
  const opened: Opened = {
    options,
    identity,
    charter,
    apiKey,
    store,
    storeState,
    amnesia,
    restored,
    bodies,
    log,
    runner,
  }
  const { api, host, backend, backUpNow, control, astray, restoredMs } = await startMind(
    opened,
    starting,
    broken.resolve,
  )
  logger.info({ peer: identity.id, swarm: swarmIdOf(charter), url: api.url }, 'the peer runs')

  const running = starting.move()
  let stopping: Promise<void> | undefined
  return {
    view: backend.view,
    now: backend.now,
    command: backend.command,
    subscribe: backend.subscribe,
    putBlob: backend.putBlob,
    getBlob: backend.getBlob,
    addresses: () => backend.network.addresses(),
    record: async (job) => backend.history.job((await findSubmission(backend, job))?.job ?? job),
    id: identity.id,
    url: api.url,
    newApiKey: apiKey.made,
    broken: broken.promise,
    exitAsked: control.exit,
    astray,
    durations: host.durations,
    storeState,
    restoredMs,
    backup: backUpNow,
    stop: () => (stopping ??= running.disposeAsync()),
  }
}

/** The charter in the data folder; a peer without one founds a swarm of its own. */
async function requireCharter(folder: DataFolder, { operator }: Config, { id }: Identity): Promise<Charter> {
  const found = await readCharter(folder)
  if (found !== undefined) return found
  const charter = foundSwarm({ name: operator, founders: [{ peer: id, operator }], rules: await ownRules() })
  await writeCharter(folder, charter)
  return charter
}

async function openProviders(config: Config): Promise<readonly Provider[]> {
  const { providers: names, ollamaUrl, lie } = config
  const providers = createProviders({ names, ollamaUrl, openAi: await openAiSettings(config) })
  return lie ? providers.map(createLyingProvider) : providers
}
