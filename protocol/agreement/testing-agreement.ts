import { type InstanceId, jobInstance, type PeerId } from '../ids.ts'
import type { Message } from '../intake/message.ts'
import { jobIdOf } from '../ledger/entry.ts'
import type { Effect } from '../peer/effect.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import type { StoredRecord } from '../records/record.ts'
import { createWitnessDuty } from '../swarm/witness-duty.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { Agreement, type AgreementMessage } from './agreement.ts'
import { type InstanceRules, type Judgement, WAITING } from './instance-rules.ts'
import type { Value } from './value.ts'
import type { Decision } from './messages.ts'
import { decodeEnvelope, decodeKind } from '../encoding/envelope.ts'
import { TRUSTED } from '../encoding/evidence.ts'
import { isKind } from '../encoding/kinds.ts'
import { createCarriedValues } from './carried.ts'

const { signers: SIGNERS, ids, roster: ROSTER } = fourWitnesses()
export const IDS = ids
const [steward] = IDS
const JOB = jobIdOf(IDS[0] as PeerId, 0)
export const INSTANCE: InstanceId = jobInstance(JOB, 0)
export const UNASSIGNED: Value = { type: 'void', reason: 'unassigned', cancel: null }
export const EXPIRED: Value = { type: 'void', reason: 'expired', cancel: null }

interface Local {
  /** What this peer would propose. */
  value: Value | undefined
  judge: (value: Value) => Judgement
  dueMs: number | undefined
}

export interface Node {
  readonly id: PeerId
  agreement: Agreement
  readonly local: Local
  readonly disk: Map<string, Uint8Array>
  readonly decisions: Decision[]
}

/** Four agreements on a perfect network; `drop` loses what it says, `now` is everybody's clock. */
export class Swarm {
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

export function proposing(swarm: Swarm, value: Value = UNASSIGNED): Node {
  const [first] = swarm.nodes
  if (first === undefined) throw new Error('no nodes')
  first.local.value = value
  return first
}

export const GUARD: Judgement = WAITING
