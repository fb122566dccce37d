import type { EntryId, PeerId } from '../../protocol/ids.ts'
import { inspect } from '../../protocol/intake/inspect.ts'
import type { Source } from '../../protocol/intake/message.ts'
import { createIntakeQuota } from '../../protocol/intake/quota.ts'
import { createDriver, type Driver } from '../../protocol/ledger/driver.ts'
import { entryIdOf, type SignedEntry } from '../../protocol/ledger/entry.ts'
import type { Fact } from '../../protocol/ledger/fact.ts'
import { LIMITS } from '../../protocol/params.ts'
import type { Effect } from '../../protocol/peer/effect.ts'
import { EventOutbox } from '../../protocol/peer/event-outbox.ts'
import type { Outbox } from '../../protocol/peer/outbox.ts'
import type { VerifiedMessage } from '../../protocol/peer/options.ts'
import { type Charter, swarmIdOf } from '../../protocol/swarm/charter.ts'
import { rosterOf } from '../../protocol/swarm/live-roster.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import { createNativeVerifier } from '../crypto/native-verifier.ts'
import { Intake } from '../host/intake.ts'
import { Timers } from '../host/timers.ts'
import { createNetwork } from '../network/host.ts'
import type { Network } from '../network/network.ts'

/** Signatures of one witness come once; nothing is found in this cache twice but the keys. */
const CACHE_ENTRIES = 1_024

export interface LoadPeerOptions {
  readonly charter: Charter
  readonly seed: Uint8Array
  readonly self: PeerId
  readonly bootstrap: readonly string[]
  readonly onCertified: (entry: SignedEntry, id: EntryId) => void
}

/**
 * A member that drives other people's entries and is nothing else: the protocol's own driver, intake and
 * network, without a ledger behind them. It keeps no records, since the entries are its owners' to keep, and
 * answers no reconciliation.
 */
export class LoadPeer {
  readonly #options: LoadPeerOptions
  readonly #roster: Roster
  readonly #driver: Driver
  readonly #timers: Timers
  readonly #intake: Intake
  /** Certificates by entry until their outputs are claimed: what a witness may still lack. */
  readonly #evidence = new Map<string, Uint8Array>()
  #network: Network | undefined

  private constructor(options: LoadPeerOptions) {
    this.#options = options
    this.#roster = rosterOf(options.charter)
    this.#driver = createDriver({
      self: options.self,
      roster: this.#roster,
      apply: (_out, fact) => this.#certified(fact),
      announce: () => undefined,
      conflict: (_out, { body }) => {
        throw new Error(`the owner ${body.account} was driven twice at ${body.seq}`)
      },
      gaveUp: ({ now }, { body }, why) => {
        throw new Error(`no witness takes the entry of ${body.account} at ${now}: ${why}`)
      },
      shownWith: () => undefined,
      evidenceKeys: (_entry, ids) => ids.filter((id) => this.#evidence.has(id)),
      isStopped: () => false,
      serveEpochs: () => undefined,
    })
    this.#timers = new Timers((id) => this.#event((out) => this.#driver.onTimer(out, id)))
    const verifier = createNativeVerifier({ cacheEntriesMax: CACHE_ENTRIES })
    const checks = {
      roster: this.#roster,
      quota: createIntakeQuota(() => performance.now(), this.#roster.epoch.sizes.quorum),
    }
    const inspected = {
      inspect: (frame: Uint8Array, source: Source) => inspect(frame, source, checks),
    }
    this.#intake = new Intake(inspected, verifier, (message) => this.#take(message))
  }

  /** Resolves once every witness is connected. */
  static async open(options: LoadPeerOptions): Promise<LoadPeer> {
    const peer = new LoadPeer(options)
    await peer.#connect()
    return peer
  }

  drive(entry: SignedEntry): void {
    for (const { source } of entry.body.claims) this.#evidence.delete(source)
    this.#event((out) => {
      if (!this.#driver.drive(out, entry)) throw new RangeError('too many entries are driven')
    })
  }

  async stop(): Promise<void> {
    this.#timers.cancelAll()
    await this.#network?.stop()
  }

  async #connect(): Promise<void> {
    const { seed, charter, bootstrap } = this.#options
    const missing = new Set(this.#roster.epoch.witnesses)
    const complete = Promise.withResolvers<void>()
    const { frameBytes } = LIMITS
    this.#network = await createNetwork({
      seed,
      swarm: swarmIdOf(charter),
      listen: [],
      bootstrap,
      announce: [],
      admission: {
        isMember: (id) => this.#roster.member(id) !== undefined,
        isGuest: () => false,
        members: () => [],
      },
      discovery: { mdns: false, dht: false, file: undefined },
      frameBytesMax: { certify: frameBytes, agree: frameBytes, job: frameBytes, sync: frameBytes },
      gossipBytesMax: LIMITS.gossipBytes,
      handlers: {
        frame: async (from, via, frame) => {
          if (via === 'certify') await this.#intake.admit(frame, { from, via })
        },
        gossip: () => Promise.resolve('ignore'),
        join: () => Promise.resolve(undefined),
        addressesChanged: () => undefined,
        connected: (id) => {
          missing.delete(id)
          if (missing.size === 0) complete.resolve()
        },
        disconnected: () => undefined,
        serveTokens: () => undefined,
        serveBlob: () => Promise.resolve(undefined),
      },
    })
    await this.#network.start()
    await complete.promise
  }

  #take(message: VerifiedMessage): void {
    if (message.kind === 'vote') this.#event((out) => this.#driver.onVote(out, message))
    if (message.kind === 'certify-reply') this.#event((out) => this.#driver.onReply(out, message))
  }

  #certified(fact: Fact): void {
    if (fact.type !== 'certificate') return
    const { entry } = fact.certificate
    const id = entryIdOf(entry)
    if (fact.bytes !== undefined) this.#evidence.set(id, fact.bytes)
    // After this event, whose facts must be on their way before an entry that builds on them.
    queueMicrotask(() => this.#options.onCertified(entry, id))
  }

  #event(run: (out: Outbox) => unknown): void {
    const out = new EventOutbox(this.#options.self, this.#roster.swarm, performance.now())
    run(out)
    for (const effect of out.seal(0).effects) this.#release(effect)
  }

  #release(effect: Effect): void {
    if (effect.type === 'send') this.#network?.send(effect.to, effect.channel, effect.frame)
    else if (effect.type === 'timer') this.#timers.start(effect.id, effect.delayMs)
    else if (effect.type === 'cancel-timer') this.#timers.cancel(effect.id)
    else if (effect.type === 'load' && effect.purpose.type === 'evidence') {
      const { purpose } = effect
      const values = effect.keys.map((key) => this.#evidence.get(key))
      queueMicrotask(() => this.#event((out) => this.#driver.onEvidence(out, values, purpose)))
    }
  }
}
