import type { Signer } from '../protocol/crypto/signer.ts'
import type { PeerId } from '../protocol/ids.ts'
import { blobRefOf } from '../protocol/ids.ts'
import type { Offer } from '../protocol/jobs/offer.ts'
import type { Peer, PeerOptions } from '../protocol/peer/options.ts'
import type { Charter } from '../protocol/swarm/charter.ts'
import { keys } from '../protocol/records/keys.ts'
import { rosterOf } from '../protocol/swarm/live-roster.ts'
import type { Roster } from '../protocol/swarm/roster.ts'
import { type BlobStore, createBlobStore } from './blobs.ts'
import { beginAnewLater } from './begin-anew.ts'
import { type Body, createBody } from './body.ts'
import { turnedAdversary } from './adversaries/adversaries.ts'
import type { PowerPoint } from './body-options.ts'
import { type Clock, createClock } from './clock.ts'
import { type Commanding, createCommanding } from './commanding.ts'
import { createCrypto, type CryptoName } from './crypto.ts'
import type { SignatureCheck } from '../protocol/crypto/verifier.ts'
import { createDisk, type Disk } from './disk.ts'
import { CALM, type Faults } from './faults.ts'
import { type CharterParams, foundWorld } from './founding.ts'
import type { PeerPlan } from './peer-plan.ts'
import type { Judge } from './judge.ts'
import { createNetwork, type IsBlocked } from './network.ts'
import { createLoot, type Loot } from './loot.ts'
import type { Observation, Observe } from './observation.ts'
import { createRandom, type Random } from './random.ts'
import { createRunner } from './runner.ts'
import { createPresence, type Presence } from './presence.ts'
import { createScheduler } from './scheduler.ts'
import { createTrace } from './trace.ts'

export interface WorldOptions {
  readonly seed: string
  /** The first is operator and minter. */
  readonly peers: readonly [PeerPlan, ...PeerPlan[]]
  readonly faults: Faults
  readonly charter: CharterParams
  readonly crypto: CryptoName
  readonly createMind: (options: PeerOptions) => Peer
  readonly judge: Judge
  /** Whether a peer's power fails at this point; by default never. */
  readonly fails?: (peer: PeerId, point: PowerPoint) => boolean
  /** Every line of the trace, for reading. */
  readonly print?: (line: string) => void
}

/** One member of the world, named by its place in `WorldOptions.peers`. */
export interface WorldPeer {
  readonly id: PeerId
  readonly plan: PeerPlan
  readonly body: Body
  readonly disk: Disk
  readonly clock: Clock
  readonly blobs: BlobStore
}

export interface RunLimits {
  readonly virtualMs: number
  readonly steps: number
}

/** `idle`: nothing is left that could happen. */
export type RunEnd = 'met' | 'time' | 'steps' | 'idle'

export interface World extends Presence, Commanding {
  readonly now: number
  readonly steps: number
  readonly charter: Charter
  readonly roster: Roster
  readonly peers: readonly WorldPeer[]
  readonly verify: (check: SignatureCheck) => boolean
  readonly loot: Loot
  /** A further mind of the first member, for experiments outside the world. */
  readonly freshMind: () => Peer
  /** Called with everything that happens, after the trace. */
  watch(observer: Observe): void
  /** Lets something happen later; it must not rely on anybody being up by then. */
  after(delayMs: number, action: () => void): void
  /** Lets the next thing happen; false when nothing is left. */
  step(): boolean
  /** Steps until `isMet` holds between two steps, or a limit is reached. */
  runUntil(isMet: () => boolean, limits: RunLimits): RunEnd
  /** Steps for exactly `virtualMs`, or until nothing is left or `isMet` holds; time goes on even if nothing happens. */
  pass(limits: RunLimits, isMet?: () => boolean): RunEnd
  /** Without effect for a peer that is kept away. */
  start(peer: WorldPeer): void
  crash(peer: WorldPeer): void
  /** Closes or opens the connection of two peers, who hear of it. */
  disconnect(left: WorldPeer, right: WorldPeer): void
  connect(left: WorldPeer, right: WorldPeer): void
  /** From now on what one peer sends another vanishes where this holds. */
  setBlocked(isBlocked: IsBlocked): void
  setFaults(faults: Faults): void
  traceHash(): string
}

export const MODEL_NAME = 'reference'
const MODEL_DIGEST = blobRefOf(new TextEncoder().encode(MODEL_NAME)).digest

/** A world at time 0, nobody started yet. Same options, same trace hash, on any machine. */
export function createWorld(options: WorldOptions): World {
  const random = createRandom(options.seed)
  const scheduler = createScheduler()
  const crypto = createCrypto(options.crypto)
  const trace = createTrace(options.print)
  const network = createNetwork({ scheduler, random: random.fork('network'), faults: options.faults.link })
  const observers: Observe[] = [beginAnewLater({ after: scheduler.after, restart: restartAstray })]
  let faults = options.faults
  let steps = 0

  const observe = (observation: Observation) => {
    trace.record(scheduler.now, observation)
    for (const observer of observers) observer(observation)
  }

  const { signers, charter } = foundWorld(options, random, (fork) => crypto.signer(fork))
  const roster = rosterOf(charter)
  const loot = createLoot(signers, (peer) => presence.isAway(peer) && byId.get(peer)?.plan.leaves === true)
  const hasEntered = (peer: PeerId, epoch: number) =>
    epoch === 0 || byId.get(peer)?.disk.durable().has(keys.epoch(epoch)) === true
  const commanding = createCommanding(random.fork('entropy'))
  const presence = createPresence()

  const createPeerAt = (plan: PeerPlan, signer: Signer, at: number): WorldPeer => {
    const own = random.fork(`peer ${at}`)
    const clock = createClock(scheduler, plan.skewMs)
    const disk = createDisk({ scheduler, random: own.fork('disk'), syncMs: faults.host.syncMs })
    const blobs = createBlobStore()
    const body = createBody({
      self: signer.id,
      createMind: () => {
        const mind = options.createMind({
          signer,
          charter,
          rules: options.judge.rules,
          amnesia: presence.hasLost(signer.id),
          acceptsWitness: plan.acceptsWitness === true,
          verify: crypto.verify,
        })
        const means = {
          signer,
          roster: mind.view.roster,
          random: own.fork('adversary'),
          loot,
          hasEntered,
        }
        return turnedAdversary(plan.adversaries ?? [], mind, means)
      },
      offers: [offerOf(plan, own.fork('offer'))],
      scheduler,
      clock,
      random: own.fork('host'),
      disk,
      blobs,
      runner: createRunner(plan.runner, own.fork('runner')),
      network,
      judge: options.judge,
      verify: crypto.verify,
      serverOf: (peer) => byId.get(peer)?.body,
      faults: () => faults.host,
      fails: (point) => options.fails?.(signer.id, point) ?? false,
      respond: commanding.respond,
      respondEpoch: commanding.respondEpoch,
      observe,
    })
    network.attach(signer.id, body)
    return { id: signer.id, plan, body, disk, clock, blobs }
  }
  const peers = options.peers.flatMap((plan, at) => {
    const signer = signers[at]
    return signer === undefined ? [] : [createPeerAt(plan, signer, at)]
  })
  const byId = new Map(peers.map((peer) => [peer.id, peer]))

  const step = () => {
    steps += 1
    return scheduler.step()
  }

  const start = (peer: WorldPeer) => {
    if (presence.isAway(peer.id)) return
    peer.body.start()
    for (const other of peers) {
      if (other !== peer && other.body.running) network.connect(peer.id, other.id)
    }
  }

  function restartAstray(id: PeerId): void {
    const peer = byId.get(id)
    if (peer?.body.running !== true || peer.disk.get(keys.astray) === undefined) return
    peer.body.crash()
    start(peer)
  }

  const runUntil = (isMet: () => boolean, limits: RunLimits): RunEnd => {
    const lastMs = scheduler.now + limits.virtualMs
    const lastStep = steps + limits.steps
    while (!isMet()) {
      if (scheduler.now > lastMs) return 'time'
      if (steps >= lastStep) return 'steps'
      if (!step()) return 'idle'
    }
    return 'met'
  }

  return {
    get now() {
      return scheduler.now
    },
    get steps() {
      return steps
    },
    charter,
    roster,
    peers,
    verify: crypto.verify,
    loot,
    freshMind() {
      const [signer] = signers
      if (signer === undefined) throw new Error('a swarm has a first member')
      return options.createMind({ signer, charter, rules: options.judge.rules })
    },
    watch: (observer) => {
      observers.push(observer)
    },
    after: (delayMs, action) => {
      scheduler.after(delayMs, action)
    },
    step,
    runUntil,
    pass(limits, isMet = () => false) {
      let over = false
      const mark = scheduler.after(limits.virtualMs, () => {
        over = true
      })
      const end = runUntil(() => over || isMet(), limits)
      mark.cancel()
      return over ? 'time' : end
    },
    ...commanding,
    ...presence,
    start,
    crash: (peer) => peer.body.crash(),
    disconnect: (left, right) => network.disconnect(left.id, right.id),
    connect(left, right) {
      if (left.body.running && right.body.running) network.connect(left.id, right.id)
    },
    setBlocked: network.setBlocked,
    setFaults(next) {
      faults = next
      network.setFaults(next.link)
      for (const { disk } of peers) disk.setSyncMs(next.host.syncMs)
    },
    traceHash: () => trace.digest(),
  }
}

function offerOf(plan: PeerPlan, random: Random): Offer {
  return {
    price: plan.price,
    etaMs: random.between({ min: 50, max: 2_000 }),
    model: MODEL_NAME,
    modelDigest: MODEL_DIGEST,
    cached: random.chance(500_000),
    vramFreeMb: random.between({ min: 8_000, max: 24_000 }),
    loadMilli: random.between({ min: 0, max: 900 }),
    region: 'eu',
    modes: ['process'],
  }
}

/** Ends every fault of links and hosts; who is down stays down. */
export function heal(world: World): void {
  world.setFaults(CALM)
  world.setBlocked(() => false)
  for (const left of world.peers)
    for (const right of world.peers) if (left !== right) world.connect(left, right)
}
