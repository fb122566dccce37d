import { describe, expect, it } from 'vitest'
import { type InstanceId, jobInstance, type PeerId } from '../ids.ts'
import type { Message } from '../intake/message.ts'
import { jobIdOf } from '../ledger/entry.ts'
import type { Effect } from '../peer/effect.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import type { StoredRecord } from '../records/record.ts'
import { createWitnessDuty } from '../swarm/witness-duty.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { Agreement, type AgreementMessage } from './agreement.ts'
import { type InstanceRules, type Judgement, NO_ITEMS, WAITING } from './instance-rules.ts'
import type { Value } from './value.ts'
import type { Decision } from './messages.ts'
import { decodeEnvelope, decodeKind } from '../encoding/envelope.ts'
import { TRUSTED } from '../encoding/evidence.ts'
import { isKind } from '../encoding/kinds.ts'
import { createCarriedValues } from './carried.ts'

const { signers: SIGNERS, ids: IDS, roster: ROSTER } = fourWitnesses()
const [steward] = IDS
const JOB = jobIdOf(IDS[0] as PeerId, 0)
const INSTANCE: InstanceId = jobInstance(JOB, 0)
const UNASSIGNED: Value = { type: 'void', reason: 'unassigned', cancel: null }
const EXPIRED: Value = { type: 'void', reason: 'expired', cancel: null }

interface Local {
  /** What this peer would propose. */
  value: Value | undefined
  judge: (value: Value) => Judgement
  dueMs: number | undefined
}

interface Node {
  readonly id: PeerId
  agreement: Agreement
  readonly local: Local
  readonly disk: Map<string, Uint8Array>
  readonly decisions: Decision[]
}

/** Four agreements on a perfect network; `drop` loses what it says, `now` is everybody's clock. */
class Swarm {
  readonly roster = ROSTER
  readonly nodes: readonly Node[]
  readonly sent: { readonly from: PeerId; readonly to: PeerId; readonly kind: string }[] = []
  readonly #queue: { readonly from: PeerId; readonly to: PeerId; readonly frame: Uint8Array }[] = []
  readonly timers = new Map<string, { readonly node: Node; readonly at: number; readonly id: string }>()
  drop: (from: PeerId, to: PeerId, kind: string) => boolean = () => false
  now = 1_000

  constructor() {
    this.nodes = SIGNERS.map((signer) => {
      const local: Local = { value: undefined, judge: () => ({ verdict: 'prepare' }), dueMs: undefined }
      const node: Node = {
        id: signer.id,
        agreement: this.create(signer, local, []),
        local,
        disk: new Map(),
        decisions: [],
      }
      return node
    })
    for (const node of this.nodes) this.restart(node)
  }

  create(signer: (typeof SIGNERS)[number], local: Local, decisions: Decision[]): Agreement {
    const rules: InstanceRules = {
      naturalProposer: () => steward,
      dueAt: () => local.dueMs,
      judge: (_out, _instance, value) => local.judge(value),
      build: () => local.value,
      learn: () => undefined,
    }
    return new Agreement({
      signer,
      roster: this.roster,
      duty: createWitnessDuty(signer.id, this.roster),
      rules,
      decided: (_out, decision) => decisions.push(decision),
      serve: { entries: () => 'served' },
      serveDecided: () => false,
      serveEpochs: () => undefined,
      carried: createCarriedValues(),
    })
  }

  /** Everything but the disk is lost. */
  restart(node: Node): void {
    const signer = SIGNERS.find(({ id }) => id === node.id)
    if (signer === undefined) throw new Error('unknown node')
    node.agreement = this.create(signer, node.local, node.decisions)
    for (const [key, value] of node.disk) node.agreement.restore({ key, value } satisfies StoredRecord)
  }

  act(node: Node, action: (out: EventOutbox) => void): void {
    const out = new EventOutbox(node.id, this.roster.swarm, this.now)
    action(out)
    for (const effect of out.seal(0).effects) this.#carry(node, effect)
  }

  #carry(node: Node, effect: Effect): void {
    if (effect.type === 'persist') {
      for (const { key, value } of effect.writes) {
        if (value === null) node.disk.delete(key)
        else node.disk.set(key, value)
      }
    } else if (effect.type === 'to-self')
      this.act(node, (out) => node.agreement.onMessage(out, effect.message as AgreementMessage))
    else if (effect.type === 'send') this.#queue.push({ from: node.id, to: effect.to, frame: effect.frame })
    else if (effect.type === 'timer')
      this.timers.set(`${node.id} ${effect.id}`, { node, at: this.now + effect.delayMs, id: effect.id })
    else if (effect.type === 'cancel-timer') this.timers.delete(`${node.id} ${effect.id}`)
  }

  settle(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { from, to, frame } = next
      const envelope = decodeEnvelope(frame)
      const { kind } = envelope
      const node = this.nodes.find(({ id }) => id === to)
      if (!isKind(kind) || node === undefined) continue
      this.sent.push({ from, to, kind })
      if (this.drop(from, to, kind)) continue
      const body = decodeKind(kind, envelope.body, TRUSTED)
      const message = {
        kind,
        from,
        signer: envelope.signer,
        body,
        bytes: envelope.body,
        sig: envelope.sig,
      } as Message
      this.act(node, (out) => node.agreement.onMessage(out, message as AgreementMessage))
    }
  }

  /** Lets time pass, firing what is due in order. */
  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const due = [...this.timers].toSorted(([, a], [, b]) => a.at - b.at)[0]
      if (due === undefined || due[1].at > end) break
      const [key, { node, at, id }] = due
      this.timers.delete(key)
      this.now = Math.max(this.now, at)
      this.act(node, (out) => node.agreement.onTimer(out, id))
      this.settle()
    }
    this.now = end
  }

  stir(node: Node): void {
    this.act(node, (out) => node.agreement.stir(out, INSTANCE))
    this.settle()
  }

  decided(): readonly string[] {
    return this.nodes.flatMap(({ decisions }) =>
      decisions.map(({ value }) => (value.type === 'void' ? value.reason : value.type)),
    )
  }
}

function proposing(swarm: Swarm, value: Value = UNASSIGNED): Node {
  const [first] = swarm.nodes
  if (first === undefined) throw new Error('no nodes')
  first.local.value = value
  return first
}

const GUARD: Judgement = WAITING

describe('agreement', () => {
  it("decides the natural proposer's value in round 0, with a quorum of commits", () => {
    const swarm = new Swarm()
    const first = proposing(swarm)
    swarm.stir(first)
    const decision = first.decisions[0]
    expect(swarm.decided()[0]).toBe('unassigned')
    expect(decision?.round).toBe(0)
    expect(decision?.quorum.sigs.length).toBeGreaterThanOrEqual(3)
  })

  it('does not decide without a quorum, and goes on when one is back', () => {
    const swarm = new Swarm()
    const first = proposing(swarm)
    const [, , third, fourth] = IDS
    swarm.drop = (_from, to) => to === third || to === fourth
    swarm.stir(first)
    expect(swarm.decided()).toEqual([])
    swarm.drop = () => false
    swarm.pass(10_000)
    expect(swarm.decided()[0]).toBe('unassigned')
  })

  it('asks again a witness whose guard lets time pass', () => {
    const swarm = new Swarm()
    const first = proposing(swarm)
    for (const node of swarm.nodes) node.local.judge = () => GUARD
    swarm.stir(first)
    expect(swarm.decided()).toEqual([])
    for (const node of swarm.nodes) node.local.judge = () => ({ verdict: 'prepare' })
    swarm.pass(1_000)
    expect(swarm.decided()[0]).toBe('unassigned')
  })

  it('repairs a refused value in round 1', () => {
    const swarm = new Swarm()
    const first = proposing(swarm, EXPIRED)
    for (const node of swarm.nodes) node.local.dueMs = swarm.now
    for (const node of swarm.nodes)
      node.local.judge = (value) =>
        value.type === 'void' && value.reason === 'unassigned'
          ? { verdict: 'prepare' }
          : { verdict: 'not_valid' }
    // What it would propose next has changed by the time that round 1 starts.
    swarm.act(first, (out) => first.agreement.stir(out, INSTANCE))
    first.local.value = UNASSIGNED
    swarm.settle()
    expect(first.decisions[0]?.round).toBe(1)
    expect(swarm.decided()[0]).toBe('unassigned')
  })

  it('proposes in a round whose promises are here once the value is, which takes work', () => {
    const swarm = new Swarm()
    const first = proposing(swarm, EXPIRED)
    for (const node of swarm.nodes) {
      node.local.dueMs = swarm.now
      node.local.judge = (value) =>
        value.type === 'void' && value.reason === 'unassigned'
          ? { verdict: 'prepare' }
          : { verdict: 'not_valid' }
    }
    swarm.act(first, (out) => first.agreement.stir(out, INSTANCE))
    first.local.value = undefined
    swarm.settle()
    expect(swarm.decided()).toEqual([])
    first.local.value = UNASSIGNED
    swarm.stir(first)
    expect(first.decisions[0]?.round).toBe(1)
  })

  it('lets a witness take over when the natural proposer is gone, carrying what may have been decided', () => {
    const swarm = new Swarm()
    const first = proposing(swarm, EXPIRED)
    // The prepared certificate gets out, every commit is lost: nobody knows whether it was decided.
    swarm.drop = (from, to, kind) => kind === 'commit' && to === first.id && from !== first.id
    swarm.stir(first)
    expect(swarm.decided()).toEqual([])
    swarm.drop = (from, to) => from === first.id || to === first.id
    for (const node of swarm.nodes) {
      node.local.dueMs = swarm.now
      node.local.value = UNASSIGNED
      swarm.stir(node)
    }
    swarm.pass(30_000)
    const others = swarm.nodes.slice(1).flatMap(({ decisions }) => decisions)
    expect(others.length).toBeGreaterThan(0)
    expect(new Set(others.map(({ value }) => (value.type === 'void' ? value.reason : value.type)))).toEqual(
      new Set(['expired']),
    )
    expect(others[0]?.round).toBeGreaterThan(1)
  })

  it('proposes the same value again after a restart', () => {
    const swarm = new Swarm()
    const first = proposing(swarm, EXPIRED)
    swarm.drop = () => true
    swarm.stir(first)
    swarm.drop = () => false
    swarm.restart(first)
    first.local.value = UNASSIGNED
    swarm.stir(first)
    expect(swarm.decided()[0]).toBe('expired')
  })

  it('gives the stored answer after a restart and never prepares a second value in a round', () => {
    const swarm = new Swarm()
    const first = proposing(swarm, EXPIRED)
    swarm.drop = (_from, to) => to === first.id
    swarm.stir(first)
    const second = swarm.nodes[1] as Node
    swarm.restart(second)
    const before = [...second.disk.values()].map((value) => value.join())
    // The proposer forgets everything, disk included, and proposes another value in the same round.
    first.disk.clear()
    swarm.restart(first)
    first.local.value = UNASSIGNED
    swarm.drop = (_from, to, kind) => to === first.id && kind !== 'prepare'
    swarm.stir(first)
    expect([...second.disk.values()].map((value) => value.join())).toEqual(before)
    expect(swarm.decided()).toEqual([])
  })

  it('is not stopped by one witness that claims to have promised a higher round', () => {
    const swarm = new Swarm()
    const first = proposing(swarm)
    const liar = swarm.nodes[3] as Node
    swarm.act(first, (out) => first.agreement.stir(out, INSTANCE))
    swarm.act(liar, (out) =>
      out.send(first.id, 'refusal', {
        instance: INSTANCE,
        epoch: 0,
        round: 0,
        code: 'promised',
        missing: [],
        ...NO_ITEMS,
      }),
    )
    swarm.drop = (from, _to, kind) => from === liar.id && kind !== 'refusal'
    swarm.settle()
    expect(swarm.decided()[0]).toBe('unassigned')
  })

  it('forgets an instance once it is decided', () => {
    const swarm = new Swarm()
    const first = proposing(swarm)
    swarm.stir(first)
    for (const node of swarm.nodes) swarm.act(node, (out) => node.agreement.forget(out, INSTANCE))
    expect(swarm.nodes.every(({ disk }) => disk.size === 0)).toBe(true)
  })
})
