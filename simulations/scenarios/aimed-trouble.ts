import type { JobId, PeerId } from '../../protocol/ids.ts'
import { parseJobInstance } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/intake/message.ts'
import { quorumSizes } from '../../protocol/swarm/quorum-size.ts'
import type { Random } from '../random.ts'
import { isCorrect } from '../peer-plan.ts'
import type { World, WorldPeer } from '../world.ts'
import type { AimedTrouble, JobFaultsPlan } from './job-faults-plan.ts'

/** What a run's trouble came to. */
export interface TroubleFigures {
  readonly struck: number
  readonly cancels: number
}

/**
 * Watches jobs from phase to phase and strikes where the plan says so. Whoever is gone stays away until it is let back;
 * of the witnesses only as many as leave a quorum of correct ones.
 */
export class AimedTroubles {
  readonly #world: World
  readonly #plan: JobFaultsPlan
  readonly #random: Random
  readonly #jobs: JobId[] = []
  readonly #heard = new Map<string, number>()
  readonly #blocked = new Map<PeerId, 'silent' | 'one-way'>()
  #isOver = false
  readonly figures = { struck: 0, cancels: 0 }

  constructor(world: World, plan: JobFaultsPlan, random: Random) {
    this.#world = world
    this.#plan = plan
    this.#random = random
  }

  begin(): void {
    const { peers, setBlocked } = this.#world
    const byId = new Map(peers.map((peer) => [peer.id, peer]))
    setBlocked((from, to) => this.#blocked.has(from) || this.#blocked.get(to) === 'silent')
    this.#world.watch((observation) => {
      if (this.#isOver) return
      const peer = byId.get(observation.peer)
      if (peer === undefined) return
      if (observation.type === 'crashed') this.#comeBack(peer)
      if (observation.type === 'event' && observation.event.type === 'message')
        this.#hear(peer, observation.event.message)
    })
  }

  end(): void {
    this.#isOver = true
  }

  #hear(receiver: WorldPeer, message: Message): void {
    const job = jobOf(message)
    if (job === undefined) return
    if (!this.#jobs.includes(job)) this.#jobs.push(job)
    const at = this.#jobs.indexOf(job)
    const name = `${at} ${message.kind}`
    const count = (this.#heard.get(name) ?? 0) + 1
    this.#heard.set(name, count)
    for (const trouble of this.#plan.troubles) {
      if (trouble.job !== at || trouble.phase !== message.kind || trouble.nth !== count) continue
      const sender = this.#world.peers.find(({ id }) => id === message.from)
      this.#world.after(trouble.afterMs, () => this.#strike(trouble, job, sender, receiver))
    }
  }

  #strike(trouble: AimedTrouble, job: JobId, sender: WorldPeer | undefined, receiver: WorldPeer): void {
    if (this.#isOver) return
    const victim = this.#victimOf(trouble, job, sender, receiver)
    if (victim === undefined) return
    this.figures.struck += 1
    if (trouble.what === 'cancel') return this.#cancel(job)
    if (trouble.what === 'gone' && this.#canSpare(victim)) return this.#world.keepAway(victim)
    if (trouble.what === 'crash' || trouble.what === 'gone') return this.#world.crash(victim)
    if (trouble.what === 'cut') this.#cut(victim)
    else this.#blocked.set(victim.id, trouble.what)
    this.#world.after(trouble.lastsMs, () => this.#rejoin(victim))
  }

  #victimOf(
    { who }: AimedTrouble,
    job: JobId,
    sender: WorldPeer | undefined,
    receiver: WorldPeer,
  ): WorldPeer | undefined {
    const { peers } = this.#world
    if (who === 'sender') return sender
    if (who === 'receiver') return receiver
    if (who === 'witness') return this.#random.pick(peers.filter(({ plan }) => plan.witness))
    const record = this.#recordOf(job)
    if (who === 'payer') return peers.find(({ id }) => id === record?.account)
    const named = who === 'holder' ? (record?.slots.map(({ peer }) => peer) ?? []) : (record?.standbys ?? [])
    const elected = peers.filter(({ id }) => named.includes(id))
    return elected.length === 0 ? undefined : this.#random.pick(elected)
  }

  /** As the peer shows it that knows most of it. */
  #recordOf(job: JobId) {
    const records = this.#world.peers.flatMap(({ body }) => body.view?.job(job) ?? [])
    return records.toSorted((a, b) => b.slots.length - a.slots.length)[0]
  }

  #cancel(job: JobId): void {
    const account = this.#recordOf(job)?.account
    const payer = this.#world.peers.find(({ id }) => id === account)
    if (payer?.body.running !== true) return
    this.figures.cancels += 1
    this.#world.command(payer, { type: 'cancel-job', job })
  }

  #canSpare(victim: WorldPeer): boolean {
    const witnesses = this.#world.peers.filter(({ plan }) => plan.witness)
    const left = witnesses.filter(
      (peer) => isCorrect(peer) && peer !== victim && !this.#world.isAway(peer.id),
    )
    return !victim.plan.witness || left.length >= quorumSizes(witnesses.length).quorum
  }

  #cut(victim: WorldPeer): void {
    for (const other of this.#world.peers) if (other !== victim) this.#world.disconnect(victim, other)
  }

  #rejoin(victim: WorldPeer): void {
    if (this.#isOver) return
    this.#blocked.delete(victim.id)
    for (const other of this.#world.peers) if (other !== victim) this.#world.connect(victim, other)
  }

  #comeBack(peer: WorldPeer): void {
    const { clockJumpMs } = this.#plan
    this.#world.after(this.#random.between({ min: 10, max: DOWN_MS_MAX }), () => {
      if (this.#isOver || peer.body.running) return
      if (clockJumpMs > 0) peer.clock.shift(this.#random.below(2 * clockJumpMs) - clockJumpMs)
      this.#world.start(peer)
    })
  }
}

const DOWN_MS_MAX = 1_500

function jobOf(message: Message): JobId | undefined {
  switch (message.kind) {
    case 'bid':
    case 'beacon':
    case 'stage':
    case 'stored':
    case 'lease':
    case 'job-commit':
    case 'held':
    case 'seal':
      return message.body.job
    case 'reveal':
      return message.body.reveal.body.job
    case 'cancel':
      return message.body.cancel.body.job
    case 'propose':
      return parseJobInstance(message.body.proposal.body.instance)?.job
    case 'prepared':
      return parseJobInstance(message.body.ballot.instance)?.job
    case 'decision':
      return parseJobInstance(message.body.instance)?.job
    default:
      return undefined
  }
}
