import { availableParallelism } from 'node:os'
import type { Logger } from 'pino'
import type { JobId } from '../protocol/ids.ts'
import type { JobRecord } from '../protocol/jobs/record.ts'
import { LIMITS } from '../protocol/params.ts'
import type { Peer } from '../protocol/peer/options.ts'
import { createPeer } from '../protocol/peer/peer.ts'
import { type Charter, swarmIdOf } from '../protocol/swarm/charter.ts'
import { rosterOf } from '../protocol/swarm/roster.ts'
import type { Backend } from './api/backend.ts'
import { createApiServer } from './api/server.ts'
import { createComputePool } from './compute/compute-pool.ts'
import { detectProviders } from './compute/detect.ts'
import { probeHardware } from './compute/hardware.ts'
import { createLyingProvider } from './compute/lying-provider.ts'
import type { Provider } from './compute/provider.ts'
import { createRunner, type Runner } from './compute/runner.ts'
import { type ApiKeyState, loadOrCreateApiKey, noteApiUrl } from './config/api-key-file.ts'
import { readCharter, writeCharter } from './config/charter-file.ts'
import type { DataFolder } from './config/data-folder.ts'
import { LEXICON_PATH, ownRules } from './config/lexicon.ts'
import type { Config } from './config/options.ts'
import { createNativeSigner } from './crypto/native-signer.ts'
import { createNativeVerifier } from './crypto/native-verifier.ts'
import { createVerifierThreads } from './crypto/verifier-threads.ts'
import { createBackend } from './host/backend.ts'
import { backUp, BODY_BYTES_MAX, type BackupRequest } from './host/backup.ts'
import { readCapabilities, watchCapabilities } from './host/capabilities.ts'
import { createClock } from './host/clock.ts'
import type { Durations } from './host/durations.ts'
import { watchLatencies } from './host/latencies.ts'
import { MindHost } from './host/mind-host.ts'
import { latestRecordMs, openRecords, restore } from './host/records.ts'
import { createNetwork } from './network/host.ts'
import type { Network } from './network/network.ts'
import type { BackupOptions, BackupSummary } from './store/backup/write-backup.ts'
import { type BlobStore, openBlobStore } from './store/blob-store.ts'
import { createDurabilityLog, type DurabilityLog } from './store/durability-log.ts'
import { type Identity, loadOrCreateIdentity } from './store/keystore.ts'
import { acquireLock } from './store/lock.ts'
import type { Passphrases } from './store/passphrases.ts'
import { completeRestore } from './store/restore/restore-journal.ts'
import { type Store, StoreError } from './store/store.ts'
import type { StoreState } from './store/store-recovery.ts'
import { createEndowment } from './swarm/endowment.ts'
import { foundSwarm } from './swarm/founding.ts'

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
  /** For keys that are sealed; without it such a peer doesn't start. */
  readonly passphrases?: Passphrases
}

/** A running peer. Its backend's ports are here too: what routes can do, a program that embeds a peer can do. */
export interface Daemon extends Pick<Backend, 'view' | 'now' | 'command' | 'subscribe' | 'putBlob'> {
  readonly id: string
  addresses(): readonly string[]
  /** A job as this peer shows it, closed ones too. */
  record(job: JobId): Promise<JobRecord | undefined>
  /** Where the API and the page are. */
  readonly url: string
  /** The API key, if this start made it; afterwards only its digest is known here. */
  readonly newApiKey: string | undefined
  /** Resolves with the reason when an invariant or the disk broke: nothing leaves any more, the process must end. */
  readonly broken: Promise<unknown>
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

/** A key object and a remembered signature take about half a KiB: 16 MiB in all. */
const VERIFIER_CACHE_ENTRIES = 32_768
/** Before the witnesses' time for a commit is over, so that a slow run ends as this peer's own failure. */
const RUN_TIMEOUT_MS = 110_000
/** Admission is one small message each way. */
const JOIN_FRAME_BYTES = 65_536

interface Opened {
  readonly options: DaemonOptions
  readonly identity: Identity
  readonly charter: Charter
  readonly apiKey: ApiKeyState
  readonly store: Store
  /** Votes of this key may have been forgotten with an earlier store. */
  readonly amnesia: boolean
  /** The store came from a backup: this peer's newest own entries may be forgotten. */
  readonly restored: boolean
  readonly bodies: BlobStore
  readonly log: DurabilityLog
  readonly runner: Runner
}

/**
 * Starts a peer in this order: lock, what a restore left to be done, identity, charter, store, compute, records into the mind, network, mind,
 * API. `stop` goes the other way: nobody new is let in, then nothing new happens, then the log is synced, and
 * the lock is given free last. A start that fails undoes what it did. Throws the rooms' own errors.
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
  const identity = await loadOrCreateIdentity(folder.root, options.passphrases)
  const charter = await requireCharter(folder, config, identity)
  const apiKey = await loadOrCreateApiKey(folder, options.renewApiKey === true)
  const broken = Promise.withResolvers<unknown>()
  const records = await openRecords(folder, charter, logger, broken.resolve)
  const { store, state: storeState, amnesia, restored } = records
  starting.defer(() => store.close())
  const bodies = openBlobStore(folder.blobs, { bytesMax: BODY_BYTES_MAX })
  const log = createDurabilityLog(store, { onFailure: broken.resolve })
  starting.defer(() => log.drain())

  const providers = await openProviders(config)
  const runner = createRunner({ providers, slots: config.slots, timeoutMs: RUN_TIMEOUT_MS })
  starting.defer(() => runner.close())
  const opened: Opened = { options, identity, charter, apiKey, store, amnesia, restored, bodies, log, runner }
  const { api, host, backend, signer, restoredMs } = await startMind(opened, starting, broken.resolve)
  logger.info({ peer: identity.id, swarm: swarmIdOf(charter), url: api.url }, 'the peer runs')

  const running = starting.move()
  let stopping: Promise<void> | undefined
  return {
    view: backend.view,
    now: backend.now,
    command: backend.command,
    subscribe: backend.subscribe,
    putBlob: backend.putBlob,
    addresses: () => backend.network.addresses(),
    record: (job) => backend.history.job(job),
    id: identity.id,
    url: api.url,
    newApiKey: apiKey.made,
    broken: broken.promise,
    durations: host.durations,
    storeState,
    restoredMs,
    backup(request, given) {
      const { view, now } = backend
      return backUp({ folder, signer, view, store, bodies, version: options.version, now }, request, given)
    },
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

async function openProviders({ providers: names, ollamaUrl, lie }: Config): Promise<readonly Provider[]> {
  const found = await detectProviders({ ollamaUrl })
  const wanted = found.filter(({ name }) => names.some((one) => one === name))
  return lie ? wanted.map(createLyingProvider) : wanted
}

async function startMind(
  opened: Opened,
  starting: AsyncDisposableStack,
  onFailure: (error: unknown) => void,
) {
  const { options, identity, charter, store, amnesia, restored, bodies, log, runner } = opened
  const roster = rosterOf(charter)
  const threads = createVerifierThreads(availableParallelism())
  starting.defer(() => threads.close())
  const verifier = createNativeVerifier({ cacheEntriesMax: VERIFIER_CACHE_ENTRIES, threads })
  const signer = createNativeSigner(identity.seed, verifier.remember)
  const peer = createPeer({ signer, roster, rules: await ownRules(), amnesia })
  const hadOwnEntry = await restore(peer, store)
  const restoredMs = performance.now()
  const now = createClock(await latestRecordMs(store))
  const pool = createComputePool({ lexiconPath: LEXICON_PATH })
  starting.defer(() => pool.close())
  const host = new MindHost(peer, {
    bodies,
    log,
    records: store,
    engine: runner,
    judge: pool,
    verifier,
    now,
    onFailure,
  })
  // Cancelled runs must not be told to the mind as failures: after a restart it starts them again.
  starting.defer(() => host.close())

  // After a loss an account without entries only looks new: endowing again would fork it.
  const amount = hadOwnEntry || amnesia || restored ? 0n : options.config.endowment
  const endow = createEndowment({
    view: peer.view,
    amount,
    command: (command) => host.command(command),
    refused: (detail) => options.logger.warn({ detail }, 'an endowment was refused'),
  })
  const network = await openNetwork(opened, peer, host, endow)
  await network.start()
  starting.defer(() => network.stop())
  host.start(network, { boot: Date.now(), addresses: network.addresses(), version: options.version })
  await offer(opened, host, starting)
  starting.defer(watchLatencies(network.connections, (id, ms) => host.latency(id, ms)))
  endow(connectedTo(network))

  const backend = createBackend({ view: peer.view, host, network, store, bodies, now, verifier })
  const { apiHost, apiPort, allowedHosts, insecure } = options.config
  const api = await createApiServer({
    backend,
    host: apiHost,
    port: apiPort,
    allowedHosts,
    insecure,
    apiKeyDigests: [opened.apiKey.digest],
    version: options.version,
    logger: options.logger,
    ...(options.webRoot === undefined ? {} : { webRoot: options.webRoot }),
  })
  await api.listen()
  starting.defer(() => api.close())
  await noteApiUrl(options.folder, api.url)
  return { api, host, backend, signer, restoredMs }
}

function connectedTo(network: Network): number {
  return new Set(network.connections().map(({ peer }) => peer)).size
}

async function openNetwork(
  { options, identity, charter }: Opened,
  peer: Peer,
  host: MindHost,
  endow: (connected: number) => void,
): Promise<Network> {
  const { roster } = peer.view
  const { frameBytes, gossipBytes } = LIMITS
  const network = await createNetwork({
    seed: identity.seed,
    swarm: swarmIdOf(charter),
    listen: options.config.listen,
    bootstrap: options.config.bootstrap,
    isMember: (id) => roster.member(id) !== undefined,
    frameBytesMax: {
      certify: frameBytes,
      agree: frameBytes,
      job: frameBytes,
      sync: frameBytes,
      join: JOIN_FRAME_BYTES,
    },
    gossipBytesMax: gossipBytes,
    handlers: {
      async frame(from, channel, frame) {
        options.observe?.(frame)
        if (channel !== 'join') await host.admit(frame, { from, via: channel })
      },
      gossip(from, topic, frame) {
        options.observe?.(frame)
        return host.receive(frame, { from, via: topic })
      },
      connected(id) {
        host.connection('connected', id)
        endow(connectedTo(network))
      },
      disconnected: (id) => host.connection('disconnected', id),
      serveBlob: (to, digest) => host.serveBlob(to, digest),
    },
  })
  return network
}

/** Tells the mind what this node can do, now and whenever it is looked at again. */
async function offer(
  { options, runner }: Opened,
  host: MindHost,
  starting: AsyncDisposableStack,
): Promise<void> {
  const abilities = { models: () => runner.models(), hardware: () => probeHardware() }
  const read = () => readCapabilities(abilities, options.config)
  host.capabilities(await read())
  const failed = (error: unknown): void =>
    options.logger.warn({ err: error }, 'the node could not be looked at')
  starting.defer(watchCapabilities(read, (capabilities) => host.capabilities(capabilities), failed))
}
