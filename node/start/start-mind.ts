import { availableParallelism } from 'node:os'
import type { Signer } from '../../protocol/crypto/signer.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { createPeer } from '../../protocol/peer/peer.ts'
import { NO_GUIDE } from '../../protocol/swarm/guide.ts'
import { keys } from '../../protocol/records/keys.ts'
import { createComputePool } from '../compute/compute-pool.ts'
import { readJoined } from '../config/join-files.ts'
import { LEXICON_PATH, ownRules, RULES_MISSING } from '../config/lexicon.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'
import { createNativeVerifier } from '../crypto/native-verifier.ts'
import { createVerifierThreads } from '../crypto/verifier-threads.ts'
import { createBackend } from '../host/backend.ts'
import { createHistory, createLedgerHistory } from '../host/history.ts'
import { watchAstray } from '../host/astray.ts'
import { watchStanding } from '../host/watch-standing.ts'
import { backUp, type BackupRequest } from '../host/backup.ts'
import { watchClaims } from '../host/claims.ts'
import { createClock } from '../host/clock.ts'
import { openControl } from '../host/control.ts'
import { createTokenServing } from '../host/token-serving.ts'
import { watchLatencies } from '../host/latencies.ts'
import { MindHost } from '../host/mind-host.ts'
import { walletsOf } from '../host/own-keys.ts'
import { provideAnswers } from '../host/providing.ts'
import { latestRecordMs, restore } from '../host/records.ts'
import { Retention, startSweeping, type Swept } from '../host/retention.ts'
import { createServing } from '../host/serving.ts'
import type { BackupOptions } from '../store/backup/write-backup.ts'
import { openKeystore } from '../store/keystore-keys.ts'
import { NO_PASSPHRASES } from '../store/passphrases.ts'
import { createEndowment } from '../swarm/endowment.ts'
import { createGuests } from '../swarm/guests.ts'
import { createSwarmKeys } from '../swarm/swarm-keys.ts'
import { createJoinDesk } from '../swarm/join-desk.ts'
import { introduceInto, offer } from './enter-swarm.ts'
import { connectedTo, openNetwork } from './open-network.ts'
import type { DaemonOptions, Opened } from './opened.ts'
import { serveApi } from './serve-api.ts'

/** A key object and a remembered signature take about half a KiB: 16 MiB in all. */
const VERIFIER_CACHE_ENTRIES = 32_768
/**
 * Records into the mind, then network, mind and API, in this order; each undoes itself through `starting`. `onFailure`
 * hears of a broken invariant or disk.
 */
export async function startMind(
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
  const rules = await ownRules()
  const guide = (await readJoined(options.folder))?.guide ?? NO_GUIDE
  const peer = createPeer({ signer, charter, rules, amnesia, acceptsWitness, guide })
  const hadOwnEntry = await restore(peer, store)
  if (peer.view.roster.governance.rules !== rules) options.logger.warn(RULES_MISSING)
  const restoredMs = performance.now()
  const now = createClock(await latestRecordMs(store))
  const pool = createComputePool({ lexiconPath: LEXICON_PATH })
  starting.defer(() => pool.close())
  const astray = watchAstray(log)
  starting.defer(() => astray.close())
  const host = new MindHost(peer, {
    bodies,
    log: astray.log,
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
  const serveBlob = createServing({ view: peer.view, records: store, bodies, now })
  const serveTokens = createTokenServing(peer.view, host.tokens)
  const parts = { endow, join, guests, serveBlob, serveTokens, refused: () => standing.look() }
  const network = await openNetwork(opened, peer, host, parts)
  const standing = watchStanding({
    view: peer.view,
    network,
    subscribe: (listener) => host.subscribe(listener),
    warn: (sentence) => options.logger.warn(sentence),
  })
  starting.defer(() => standing.close())
  await network.start()
  starting.defer(() => network.stop())
  host.start(network, { boot: Date.now(), addresses: network.addresses(), version: options.version })
  const source = {
    folder: options.folder,
    signer,
    view: peer.view,
    store,
    bodies,
    version: options.version,
    now,
  }
  const backUpNow = (request: BackupRequest, given?: BackupOptions) => backUp(source, request, given)
  const control = await openControl({
    ...options,
    view: peer.view,
    subscribe: (listener) => host.subscribe(listener),
    storeState: opened.storeState,
    amnesia,
    about: {
      wallets: walletsOf(options.folder, options.passphrases ?? NO_PASSPHRASES),
      backup: (path, { signal, ...choice }, progress) =>
        backUpNow(
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
  const sweeping = {
    retention: new Retention({ bodies, records: store, now: Date.now }),
    swept: (swept: Swept) => options.logger.debug(swept, 'bodies that nobody is owed were removed'),
    failed: onFailure,
  }
  starting.defer(startSweeping(sweeping))
  const history = createHistory(store, peer.view)
  starting.defer(
    provideAnswers({
      subscribe: (listener) => host.subscribe(listener),
      isOpen: (job) => peer.view.job(job) !== undefined,
      record: (job) => history.job(job),
      holds: async (body, job) => (await store.get(keys.body(body, job))) !== undefined,
      provide: (body) => network.provide(body),
      failed: onFailure,
    }),
  )
  endow(connectedTo(network))

  const further = await furtherSigners(options, identity.id)
  const swarm = { ...createSwarmKeys(identity.seed, [signer, ...further]), rules }
  const backend = createBackend({
    view: peer.view,
    host,
    network,
    store,
    bodies,
    judge: pool,
    now,
    verifier,
    swarm,
    control: control.port,
  })
  const api = await serveApi(opened, { backend }, starting)
  return { api, host, backend, backUpNow, control, astray: astray.found, restoredMs }
}

/** Keys beside the peer's own that may be an operator's. */
async function furtherSigners(
  { folder, passphrases = NO_PASSPHRASES }: DaemonOptions,
  id: PeerId,
): Promise<readonly Signer[]> {
  const held = await openKeystore(folder.root, passphrases)
  return [...held.values()].filter((signer) => signer.id !== id)
}
