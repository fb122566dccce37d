import { utf8ToBytes } from '@noble/hashes/utils.js'
import { beforeEach, describe, expect, it } from 'vitest'
import { decodeBody } from '../../protocol/encoding/body.ts'
import { decodeEnvelope } from '../../protocol/encoding/envelope.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import type { JobId } from '../../protocol/ids.ts'
import { jobRecordCodec } from '../../protocol/jobs/record.ts'
import { plainRequest } from '../../protocol/jobs/plain-request.ts'
import { TIMES } from '../../protocol/params.ts'
import type { Command } from '../../protocol/peer/command.ts'
import { createPeer } from '../../protocol/peer/peer.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import { createPanel, type Panel } from '../checkers/panel.ts'
import { CALM } from '../faults.ts'
import { openJudge } from '../judge.ts'
import type { PeerPlan } from '../peer-plan.ts'
import { createWorld, MODEL_NAME, type World, type WorldPeer } from '../world.ts'
import { createJobWatch, type JobWatch } from './job-watch.ts'

const judge = openJudge()
const LIMITS = { virtualMs: 300_000, steps: 2_000_000 }
const PRIOR = 800_000
/** Several times what a disk takes to sync. */
const SYNCED_MS = 100
/** The last member neither witnesses nor starts with the others. */
const LATE = 4
/** It answers wrongly, cheaply, and so it is elected wherever its history allows. */
const LIAR = 3

const planOf = (operator: string, at: number): PeerPlan => ({
  operator,
  witness: at < LATE,
  runner: at === LIAR ? 'liar' : 'honest',
  price: at === LIAR ? 1_000n : 2_000n,
  skewMs: at * 100,
})

let world: World
let panel: Panel
let watch: JobWatch
let submitted: number

function peerAt(at: number): WorldPeer {
  const peer = world.peers[at]
  if (peer === undefined) throw new RangeError('no such peer')
  return peer
}

function viewOf(peer: WorldPeer) {
  const { view } = peer.body
  if (view === undefined) throw new Error('the peer is down')
  return view
}

const running = () => world.peers.filter(({ body }) => body.running)
const numbers = () => running().map((peer) => viewOf(peer).trust().number)
const roots = () => new Set(running().map((peer) => viewOf(peer).ledgerRoot()))
const until = (isMet: () => boolean) => expect(world.runUntil(isMet, LIMITS)).toBe('met')

/** A peer as the snapshot of another shows it. */
function trustIn(reader: WorldPeer, peer: WorldPeer): number | undefined {
  const model = [
    ...new Set(
      viewOf(reader)
        .nodes(world.now)
        .flatMap(({ heartbeat }) => heartbeat?.nodes ?? []),
    ),
  ]
    .flatMap(({ models }) => models)
    .find(({ name }) => name === MODEL_NAME)
  return model === undefined
    ? undefined
    : viewOf(reader).trust().row({ peer: peer.id, operator: undefined }, model.digest).trust
}

function ask(peer: WorldPeer, command: Command) {
  const number = world.command(peer, command)
  until(() => world.resultOf(number) !== undefined)
  return world.resultOf(number)
}

/** Runs a job to its end, at every running peer. */
function runJob(payer: WorldPeer): JobId {
  submitted += 1
  const prompt = payer.blobs.put(utf8ToBytes(`Which shipment is number ${submitted}?`))
  const result = ask(payer, {
    type: 'submit-job',
    request: { ...plainRequest(prompt, 3), model: MODEL_NAME, seed: 7, maxTokens: 64 },
  })
  if (result?.ok !== true || result.type !== 'job') throw new Error(`refused: ${JSON.stringify(result)}`)
  const { job } = result
  until(() => running().every(({ id }) => watch.endOf(id, job) !== undefined))
  return job
}

function snapshot(number: number): void {
  until(() => numbers().every((one) => one === number))
}

beforeEach(() => {
  submitted = 0
  world = createWorld({
    seed: 'trust',
    peers: [planOf('a', 0), ...['b', 'c', 'd', 'e'].map((operator, at) => planOf(operator, at + 1))],
    faults: CALM,
    charter: {
      diversity: 'operator',
      params: { priorTrust: PRIOR, minConfidence: 0, fee: 0n, maxPrice: 10_000n, trustBidders: 3 },
    },
    crypto: 'keyed-hash',
    createMind: createPeer,
    judge,
  })
  panel = createPanel(world)
  watch = createJobWatch()
  world.watch(panel.observe)
  world.watch(watch.observe)
  for (const peer of world.peers.slice(0, LATE)) world.start(peer)
  const mints = world.peers
    .slice(0, LATE)
    .map(({ id }) => world.command(peerAt(0), { type: 'mint', to: id, amount: 50_000_000n, memo: '' }))
  until(() => mints.every((mint) => world.resultOf(mint) !== undefined))
  world.pass({ ...LIMITS, virtualMs: 2_000 })
})

describe('trust', () => {
  it('is earned by agreeing and lost by lying, the same in everybody’s eyes', () => {
    runJob(peerAt(0))
    snapshot(1)
    const [reader, other] = [peerAt(1), peerAt(2)]
    expect(roots().size).toBe(1)
    for (const peer of world.peers) expect(trustIn(reader, peer)).toBe(trustIn(other, peer))
    const [liar, ...honest] = [LIAR, 0, 1, 2].map((at) => trustIn(reader, peerAt(at)) ?? 0)
    expect(liar).toBeLessThan(PRIOR)
    expect(honest.filter((trust) => trust > PRIOR)).toHaveLength(2)
    expect(trustIn(reader, peerAt(LATE))).toBe(PRIOR)
  })

  it('is heard of by who doesn’t witness before any round of reconciliation', () => {
    const member = peerAt(LATE)
    world.start(member)
    world.pass({ ...LIMITS, virtualMs: TIMES.syncMs })
    runJob(peerAt(0))
    until(() => world.peers.slice(0, LATE).every((peer) => viewOf(peer).trust().number === 1))
    const decidedMs = world.now
    until(() => viewOf(member).trust().number === 1)
    expect(world.now - decidedMs).toBeLessThan(1_000)
  })

  it('is measured by the witnesses as well as earned', () => {
    runJob(peerAt(0))
    snapshot(1)
    const model = peerAt(0).blobs.put(utf8ToBytes(MODEL_NAME)).digest
    const latencies = [0, 1, 2, 3].map(
      (at) =>
        viewOf(peerAt(2))
          .trust()
          .row({ peer: peerAt(at).id, operator: undefined }, model).latencyMs,
    )
    const { min, max } = CALM.link.baseMs
    expect(latencies.every((ms) => ms !== undefined && ms >= 2 * min && ms <= 2 * max)).toBe(true)
  })

  it('is what elections of later jobs read, as of the snapshot that the job names', () => {
    runJob(peerAt(0))
    snapshot(1)
    const expected = (at: number) => trustIn(peerAt(0), peerAt(at))
    const job = runJob(peerAt(1))
    for (const peer of running()) {
      const value = peer.disk.get(`${PREFIXES.closed}${job}`)
      if (value === undefined) throw new Error('the job is not closed')
      const { spec, trust } = decodeBody(jobRecordCodec, value, 'closed', TRUSTED)
      expect(spec.trust).toBe(1)
      expect(trust?.map((row) => [row.peer, row.trust])).toEqual(
        trust?.map((row) => [row.peer, expected(world.peers.findIndex(({ id }) => id === row.peer))]),
      )
      expect(new Set(trust?.map((row) => row.trust)).size).toBeGreaterThan(1)
    }
  })

  it('goes on while its natural proposer is away, which catches up', () => {
    runJob(peerAt(0))
    snapshot(1)
    const natural = world.peers.find(({ id }) => id === world.roster.epoch.witnesses[2])
    if (natural === undefined) throw new Error('no third witness')
    runJob(peerAt(1))
    world.crash(natural)
    snapshot(2)
    world.start(natural)
    snapshot(2)
    until(() => roots().size === 1)
    panel.examine()
    expect(panel.violations).toEqual([])
  })

  it('survives crashes of all in turn, and is restored exactly', () => {
    runJob(peerAt(0))
    runJob(peerAt(1))
    for (const peer of world.peers.slice(0, LATE)) {
      world.crash(peer)
      world.pass({ ...LIMITS, virtualMs: 700 })
      world.start(peer)
    }
    runJob(peerAt(2))
    until(() => running().every((peer) => viewOf(peer).trust().waiting === 0))
    until(() => roots().size === 1)
    // What was decided a moment ago is on no disk yet, and a crash may take it.
    world.pass({ ...LIMITS, virtualMs: SYNCED_MS })
    const before = running().map((peer) => viewOf(peer).trust().root)
    expect(new Set(before).size).toBe(1)
    for (const peer of running()) {
      world.crash(peer)
      world.start(peer)
    }
    expect(running().map((peer) => viewOf(peer).trust().root)).toEqual(before)
    expect(roots().size).toBe(1)
    panel.examine()
    expect(panel.violations).toEqual([])
  })

  it('is caught up with by a peer that comes late', () => {
    for (const at of [1, 2, 3]) {
      runJob(peerAt(at % LATE))
      snapshot(at)
    }
    world.start(peerAt(LATE))
    snapshot(3)
    until(() => roots().size === 1)
    expect(viewOf(peerAt(LATE)).trust()).toMatchObject({ waiting: 0, root: viewOf(peerAt(0)).trust().root })
    expect(trustIn(peerAt(LATE), peerAt(LIAR))).toBe(trustIn(peerAt(0), peerAt(LIAR)))
  })

  it('costs an idle swarm nothing', () => {
    runJob(peerAt(0))
    snapshot(1)
    const kinds: string[] = []
    world.watch((observation) => {
      if (observation.type === 'left' && observation.effect.type === 'send')
        kinds.push(decodeEnvelope(observation.effect.frame).kind)
    })
    world.pass({ ...LIMITS, virtualMs: 5 * TIMES.trustMs })
    expect(numbers()).toEqual([1, 1, 1, 1])
    expect(new Set(kinds)).toEqual(new Set(['sync-root']))
  })
})
