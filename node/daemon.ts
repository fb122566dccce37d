import { availableParallelism } from 'node:os'
import type { Logger } from 'pino'
import { ownMessage } from '../protocol/crypto/verified.ts'
import type { Signer } from '../protocol/crypto/signer.ts'
import type { JobId, PeerId } from '../protocol/ids.ts'
import type { JobRecord } from '../protocol/jobs/record.ts'
import { LIMITS } from '../protocol/params.ts'
import type { Peer } from '../protocol/peer/options.ts'
import { createPeer } from '../protocol/peer/peer.ts'
import { keys } from '../protocol/records/keys.ts'
import { type Charter, swarmIdOf } from '../protocol/swarm/charter.ts'
import type { Backend } from './api/backend.ts'
import { createApiServer } from './api/server.ts'
import { createComputePool } from './compute/compute-pool.ts'
import { detectProviders } from './compute/detect.ts'
import { probeHardware } from './compute/hardware.ts'
import { createLyingProvider } from './compute/lying-provider.ts'
import type { Provider } from './compute/provider.ts'
import { createRunner, type Runner } from './compute/runner.ts'
import { type ApiKeyState, loadOrCreateApiKey, noteKeyShown } from './config/api-key-file.ts'
import { readCharter, writeCharter } from './config/charter-file.ts'
import { readJoined } from './config/join-files.ts'
import { openControlSocket } from './config/control-socket.ts'
import type { DataFolder } from './config/data-folder.ts'
import { readForgotten } from './config/forgotten-swarms.ts'
import { LEXICON_PATH, ownRules } from './config/lexicon.ts'
import { discoveryOf } from './config/discovery.ts'
import type { Config } from './config/options.ts'
import { createNativeSigner } from './crypto/native-signer.ts'
import { createNativeVerifier } from './crypto/native-verifier.ts'
import { createVerifierThreads } from './crypto/verifier-threads.ts'
import { createBackend } from './host/backend.ts'
import { createLedgerHistory } from './host/history.ts'
import { backUp, BODY_BYTES_MAX, type BackupRequest } from './host/backup.ts'
import { readCapabilities } from './host/capabilities.ts'
import { watchClaims } from './host/claims.ts'
import { createClock } from './host/clock.ts'
import { type Control, type ControlOptions, type ExitReason, openControl } from './host/control.ts'
import type { Durations } from './host/durations.ts'
import { watchLatencies } from './host/latencies.ts'
import { MindHost } from './host/mind-host.ts'
import { walletsOf } from './host/own-keys.ts'
import { startOffering } from './host/offering.ts'
import { latestRecordMs, openRecords, restore } from './host/records.ts'
import { askJoin } from './network/ask-join.ts'
import { createNetwork } from './network/host.ts'
import type { Network } from './network/network.ts'
import type { BackupOptions, BackupSummary } from './store/backup/write-backup.ts'
import { type BlobStore, openBlobStore } from './store/blob-store.ts'
import { createDurabilityLog, type DurabilityLog } from './store/durability-log.ts'
import { type Identity, loadOrCreateIdentity } from './store/keystore.ts'
import { openKeystore } from './store/keystore-keys.ts'
import { acquireLock } from './store/lock.ts'
import { NO_PASSPHRASES, type Passphrases } from './store/passphrases.ts'
import { completeRestore } from './store/restore/restore-journal.ts'
import { type Store, StoreError } from './store/store.ts'
import type { StoreState } from './store/store-recovery.ts'
import { createEndowment } from './swarm/endowment.ts'
import { foundSwarm } from './swarm/founding.ts'
import { introduce } from './swarm/introduction.ts'
import { createGuests, type Guests } from './swarm/guests.ts'
import { createSwarmKeys } from './swarm/swarm-keys.ts'
import { createJoinDesk, type JoinDesk } from './swarm/join-desk.ts'

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
  /** Resolves when the owner's commands ask the process to end: whoever runs it stops it then. */
  readonly exitAsked: Promise<ExitReason>
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

interface Opened {
  readonly options: DaemonOptions
  readonly identity: Identity
  readonly charter: Charter
  readonly apiKey: ApiKeyState
  readonly store: Store
  readonly storeState: StoreState
  /** Votes of this key may have been forgotten with an earlier store, or by a reset. */
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
  const { store, state: storeState, restored } = records
  starting.defer(() => store.close())
  const amnesia = records.amnesia || (await readForgotten(folder)).includes(swarmIdOf(charter))
  const bodies = openBlobStore(folder.blobs, { bytesMax: BODY_BYTES_MAX })
  const log = createDurabilityLog(store, { onFailure: broken.resolve })
  starting.defer(() => log.drain())

  const providers = await openProviders(config)
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
  const { api, host, backend, signer, control, restoredMs } = await startMind(
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
    addresses: () => backend.network.addresses(),
    record: (job) => backend.history.job(job),
    id: identity.id,
    url: api.url,
    newApiKey: apiKey.made,
    broken: broken.promise,
    exitAsked: control.exit,
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
  const threads = createVerifierThreads({ size: availableParallelism() })
  starting.defer(() => threads.close())
  const verifier = createNativeVerifier({ cacheEntriesMax: VERIFIER_CACHE_ENTRIES, threads })
  const signer = createNativeSigner(identity.seed, verifier.remember)
  const acceptsWitness = options.config.acceptWitness
  const peer = createPeer({ signer, charter, rules: await ownRules(), amnesia, acceptsWitness })
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
  const guests = createGuests(peer.view.roster, now)
  const join = createJoinDesk({
    view: peer.view,
    command: (command) => host.command(command),
    ledger: createLedgerHistory(store, peer.view.roster, verifier),
    epochDecision: (number) => store.get(keys.epochDecision(number)),
    verifier,
    guests,
    now,
  })
  const network = await openNetwork(opened, peer, host, { endow, join, guests })
  await network.start()
  starting.defer(() => network.stop())
  host.start(network, { boot: Date.now(), addresses: network.addresses(), version: options.version })
  const control = await openControl({
    ...options,
    view: peer.view,
    subscribe: (listener) => host.subscribe(listener),
    storeState: opened.storeState,
    amnesia,
    about: {
      wallets: walletsOf(options.folder, options.passphrases ?? NO_PASSPHRASES),
      backup: (path, { signal, ...choice }, progress) =>
        backUp(
          { folder: options.folder, signer, view: peer.view, store, bodies, version: options.version, now },
          { path, ...choice },
          { signal, progress: ({ bytes }) => progress({ bytesDone: bytes, bytesTotal: null }) },
        ),
      ...options.about,
    },
  })
  await offer(opened, host, control, starting)
  await introduceInto(opened, host, peer, now, starting)
  starting.defer(watchClaims(host, peer.view, now, (id, addresses) => network.claimed(id, addresses)))
  starting.defer(watchLatencies(network.connections, (id, ms) => host.latency(id, ms)))
  endow(connectedTo(network))

  const swarm = createSwarmKeys(identity.seed, [signer, ...(await furtherSigners(options, identity.id))])
  const parts = { view: peer.view, host, network, store, bodies, now, verifier, swarm, control: control.port }
  const backend = createBackend(parts)
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
  starting.defer(await openControlSocket(options.folder, (path) => api.listenControl(path)))
  await noteKeyShown(options.folder)
  return { api, host, backend, signer, control, restoredMs }
}

/** An invited peer knows of its own join before it hears of it, and shows it where nobody knows it yet. */
async function introduceInto(
  { options, identity: { seed, id }, charter }: Opened,
  host: MindHost,
  { view }: Peer,
  now: () => number,
  starting: AsyncDisposableStack,
): Promise<void> {
  const joined = await readJoined(options.folder)
  if (joined === undefined) return
  const isKnownEpoch = view.roster.epochOf(joined.certificate.quorum.epoch) !== undefined
  // Checked when it was received, and written by this peer itself. One of a later epoch comes by sync, after the epochs.
  if (isKnownEpoch)
    await host.command({ type: 'take-certificate', certificate: ownMessage(joined.certificate) })
  const swarm = swarmIdOf(charter)
  const introduction = introduce({
    joined,
    isHeard: () => view.nodes(now()).some(({ peer, status }) => peer !== id && status !== 'offline'),
    ask: (address, request, signal) => askJoin({ seed, swarm, address, request, signal }),
  })
  starting.defer(() => introduction())
}

function connectedTo(network: Network): number {
  return new Set(network.connections().map(({ peer }) => peer)).size
}

/** Keys beside the peer's own that may be an operator's. */
async function furtherSigners(
  { folder, passphrases = NO_PASSPHRASES }: DaemonOptions,
  id: PeerId,
): Promise<readonly Signer[]> {
  const held = await openKeystore(folder.root, passphrases)
  return [...held.values()].filter((signer) => signer.id !== id)
}

interface NetworkParts {
  readonly endow: (connected: number) => void
  readonly join: JoinDesk
  readonly guests: Guests
}

async function openNetwork(
  { options, identity, charter }: Opened,
  peer: Peer,
  host: MindHost,
  { endow, join, guests }: NetworkParts,
): Promise<Network> {
  const { roster } = peer.view
  const joined = await readJoined(options.folder)
  const { frameBytes, gossipBytes } = LIMITS
  const network = await createNetwork({
    seed: identity.seed,
    swarm: swarmIdOf(charter),
    listen: options.config.listen,
    announce: options.config.announce,
    bootstrap: [...new Set([...options.config.bootstrap, ...(joined?.addresses ?? [])])],
    admission: {
      isMember: (id) => roster.member(id) !== undefined,
      isGuest: (id) => guests.isGuest(id),
      members: () => Array.from(roster.members(), ({ peer: id }) => id),
    },
    discovery: discoveryOf(options.config, options.folder),
    frameBytesMax: { certify: frameBytes, agree: frameBytes, job: frameBytes, sync: frameBytes },
    gossipBytesMax: gossipBytes,
    handlers: {
      async frame(from, channel, frame) {
        options.observe?.(frame)
        await host.admit(frame, { from, via: channel })
      },
      gossip(from, topic, frame) {
        options.observe?.(frame)
        return host.receive(frame, { from, via: topic })
      },
      join,
      addressesChanged: (addresses) => host.moved(addresses),
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
  control: Control,
  starting: AsyncDisposableStack,
): Promise<void> {
  const abilities = { models: () => runner.models(), hardware: () => probeHardware() }
  const read = () => readCapabilities(abilities, options.config)
  const failed = (error: unknown): void =>
    options.logger.warn({ err: error }, 'the node could not be looked at')
  const offering = await startOffering({
    read,
    offer: (capabilities) => host.capabilities(capabilities),
    isOpen: () => control.mayBid(),
    failed,
  })
  control.onChange = () => offering.refresh()
  starting.defer(() => offering.stop())
}
