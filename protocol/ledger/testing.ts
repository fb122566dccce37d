import type { Signer } from '../crypto/signer.ts'
import { type Digest, type PeerId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Write } from '../records/record.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import type { Roster } from '../swarm/roster.ts'
import type { LedgerListener } from './ledger.ts'
import { type TestMind, startMind, testCharter, testSigner } from './testing-mind.ts'
import { deliver, encoded, onLoaded, onTimer, type PlannedMessage, received } from './testing-messages.ts'

/*
 * A virtual swarm of ledgers for this room's and sync's tests: real parts, real encodings, no signatures
 * checked, virtual time, and a scheduler that loses, repeats and reorders as the seed says.
 */

/** Deterministic numbers in 0..1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface TestPeer {
  readonly self: PeerId
  readonly signer: Signer
  readonly store: Map<string, Uint8Array>
  /** The current process; a crash replaces it. */
  mind: TestMind
}

export interface TestSwarm {
  readonly roster: Roster
  readonly peers: readonly TestPeer[]
  /** Votes that left a peer's disk barrier, as `witness account seq` -> entry ids. */
  readonly votes: ReadonlyMap<string, ReadonlySet<Digest>>
  /** Lets a peer do something as one event. */
  act<T>(peer: TestPeer, action: (mind: TestMind, out: Outbox) => T): T
  connect(a: TestPeer, b: TestPeer): void
  /** Handles events until none is left but the periodic timers, or `untilMs` of virtual time. */
  run(untilMs: number): void
  /** Loses the process, and with `unsynced` also what its next event would have written and sent. */
  crash(peer: TestPeer): void
}

export interface TestFaults {
  readonly loss: number
  readonly duplication: number
  /** Messages take up to this time; 1 keeps their order. */
  readonly delayMsMax: number
  /** Probability that an event ends with a crash, before or after its records were synced. */
  readonly crash: number
}

const NO_FAULTS: TestFaults = { loss: 0, duplication: 0, delayMsMax: 1, crash: 0 }

interface Happening {
  readonly at: number
  readonly order: number
  readonly peer: TestPeer
  /** Of the process that awaits it; messages outlive processes. */
  readonly mind: TestMind | undefined
  readonly run: (mind: TestMind, out: Outbox) => void
}

export interface TestOptions {
  readonly count: number
  readonly witnesses: number
  readonly seed?: number
  readonly faults?: TestFaults
  readonly listener?: Partial<LedgerListener>
}

export function createTestSwarm({
  count,
  witnesses,
  seed = 1,
  faults = NO_FAULTS,
  listener = {},
}: TestOptions): TestSwarm {
  const random = randomFrom(seed)
  const signers = Array.from({ length: count }, (_, at) => testSigner(at))
  const roster = rosterOf(testCharter(signers, witnesses))
  const votes = new Map<string, Set<Digest>>()
  let happenings: Happening[] = []
  let now = 1_000
  let order = 0

  function plan(happening: Omit<Happening, 'order'>): void {
    order += 1
    happenings.push({ ...happening, order })
  }

  function transmit(from: PeerId, to: PeerId, message: PlannedMessage): void {
    const peer = peers.find(({ self }) => self === to)
    if (peer === undefined) return
    const copies = random() < faults.loss ? 0 : random() < faults.duplication ? 2 : 1
    for (let copy = 0; copy < copies; copy += 1) {
      const at = now + 1 + Math.floor(random() * faults.delayMsMax)
      plan({ at, peer, mind: undefined, run: (mind, out) => deliver(mind, out, received(from, message)) })
    }
  }

  function handle<T>(peer: TestPeer, action: (mind: TestMind, out: Outbox) => T): T {
    const { mind } = peer
    const writes: Write[] = []
    const effects: (() => void)[] = []
    const send = (to: PeerId, message: PlannedMessage) => {
      effects.push(() => {
        if (to !== peer.self) return transmit(peer.self, to, message)
        plan({ at: now, peer, mind, run: (at, then) => deliver(at, then, received(to, message)) })
      })
    }
    const out: Outbox = {
      now,
      write: (key, value) => writes.push({ key, value }),
      send: (to, kind, body) => send(to, encoded(kind, peer.self, body)),
      sendSigned(to, kind, signed) {
        if (kind === 'vote') {
          const { account, seq, entry } = signed.body as { account: PeerId; seq: number; entry: Digest }
          const slot = `${peer.self} ${account} ${seq}`
          effects.push(() => votes.set(slot, (votes.get(slot) ?? new Set()).add(entry)))
        }
        send(to, { kind, signer: signed.signer, bytes: signed.bytes, sig: signed.sig })
      },
      publish(kind, signed) {
        const message = { kind, signer: signed.signer, bytes: signed.bytes, sig: signed.sig }
        for (const { self } of peers) if (self !== peer.self) send(self, message)
      },
      timer(id, delayMs) {
        out.cancelTimer(id)
        plan({ at: now + delayMs, peer, mind, run: named(id, (at, then) => onTimer(at, then, id)) })
      },
      cancelTimer: (id) => {
        happenings = happenings.filter((one) => one.mind !== mind || one.run.name !== id)
      },
      load(wanted, then) {
        effects.push(() => {
          const values = wanted.map((key) => peer.store.get(key))
          plan({ at: now, peer, mind, run: (at, outbox) => onLoaded(at, outbox, values, then) })
        })
      },
      notify: () => undefined,
      emit: () => undefined,
    }
    const result = action(mind, out)
    settle(peer, writes, effects)
    return result
  }

  /** Syncs the records, then lets the effects out; a crash may come before, between or after. */
  function settle(peer: TestPeer, writes: readonly Write[], effects: readonly (() => void)[]): void {
    const dies = random() < faults.crash ? Math.floor(random() * 3) : 3
    if (dies > 0) {
      for (const { key, value } of writes) {
        if (value === null) peer.store.delete(key)
        else peer.store.set(key, value)
      }
    }
    if (dies > 1) for (const effect of effects) effect()
    if (dies < 3) crash(peer)
  }

  function crash(peer: TestPeer): void {
    happenings = happenings.filter(({ mind }) => mind !== peer.mind)
    peer.mind = startMind(peer, roster.charter, listener)
    handle(peer, ({ ledger, sync }, out) => {
      ledger.start(out)
      sync.start(out)
      for (const { self } of peers) if (self !== peer.self) sync.onConnected(out, self)
    })
  }

  const peers = signers.map((signer): TestPeer => {
    const store = new Map<string, Uint8Array>()
    return { self: signer.id, signer, store, mind: startMind({ signer, store }, roster.charter, listener) }
  })
  for (const peer of peers) {
    handle(peer, ({ ledger, sync }, out) => {
      ledger.start(out)
      sync.start(out)
    })
  }

  const swarm: TestSwarm = {
    roster,
    peers,
    votes,
    act: handle,
    crash,
    connect(a, b) {
      handle(a, ({ sync }, out) => sync.onConnected(out, b.self))
      handle(b, ({ sync }, out) => sync.onConnected(out, a.self))
    },
    run(untilMs) {
      const end = now + untilMs
      for (;;) {
        const next = happenings.reduce<Happening | undefined>((best, one) => earlier(best, one), undefined)
        if (next === undefined || next.at > end) break
        happenings.splice(happenings.indexOf(next), 1)
        now = Math.max(now, next.at)
        handle(next.peer, next.run)
      }
      now = end
    },
  }
  // Owners ask the witnesses about their accounts before they sign anything.
  while (faults.crash === 0 && faults.loss === 0 && happenings.some(({ mind }) => mind === undefined))
    swarm.run(1)
  return swarm
}

function earlier(a: Happening | undefined, b: Happening): Happening {
  if (a === undefined || b.at < a.at) return b
  return b.at === a.at && b.order < a.order ? b : a
}

function named<F extends (mind: TestMind, out: Outbox) => void>(name: string, run: F): F {
  return Object.defineProperty(run, 'name', { value: name })
}
