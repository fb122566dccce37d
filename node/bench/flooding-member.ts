import { randomBytes } from 'node:crypto'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { DecodeError } from '../../protocol/encoding/decode-error.ts'
import { decodeEnvelope, decodeKind, signedFrame } from '../../protocol/encoding/envelope.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { type Signed, type SignedKind, sign } from '../../protocol/encoding/signed.ts'
import { digestFromBytes, type JobId, type PeerId, type SwarmId } from '../../protocol/ids.ts'
import { BID, HEARTBEAT, type Heartbeat } from '../../protocol/jobs/messages.ts'
import { jobIdOf } from '../../protocol/ledger/entry.ts'
import { TIMED_MODEL } from '../e2e/timed-provider.ts'
import type { Network } from '../network/network.ts'

/** Of the jobs that it has heard of it bids for the newest, as long as they may still be unassigned. */
const JOBS_KEPT = 8
const SIGNATURE_BYTES = 64

interface FloodingOptions {
  readonly signer: Signer
  readonly swarm: SwarmId
  /** Steward and witnesses of every job. */
  readonly deciders: readonly PeerId[]
  readonly network: Pick<Network, 'send' | 'publish'>
  /** Of its bids: the highest that jobs accept, so that it is elected for none. */
  readonly price: bigint
  readonly rules: Heartbeat['rules']
}

/** A member that says far more than anybody needs: bids and heartbeats, all different and all signed, true or not. */
export class FloodingMember {
  readonly #options: FloodingOptions
  readonly #jobs: JobId[] = []
  /** As a process names its life: later ones replace earlier ones. */
  readonly #boot = Date.now()
  #seq = 0
  readonly said = { heartbeats: 0, bids: 0, unknown: 0, forged: 0 }

  constructor(options: FloodingOptions) {
    this.#options = options
  }

  /** Whatever is gossiped: jobs on offer are bid for. */
  hear(frame: Uint8Array): void {
    try {
      const { kind, body } = decodeEnvelope(frame)
      if (kind !== 'entry') return
      const { account, ops } = decodeKind('entry', body, TRUSTED)
      for (const op of ops) if (op.type === 'open') this.#jobs.push(jobIdOf(account, op.spec.nonce))
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
    }
    this.#jobs.splice(0, this.#jobs.length - JOBS_KEPT)
  }

  /** A heartbeat that a member may say, but not so often. */
  beat(): void {
    this.said.heartbeats += 1
    this.#publish(this.#signedBeat())
  }

  /** One that nobody signed: whoever passes it on is held to it. */
  beatForged(): void {
    this.said.forged += 1
    this.#publish({ ...this.#signedBeat(), sig: noise(SIGNATURE_BYTES) })
  }

  /** Another bid for a job that it has bid for already, since it has heard of no other. */
  bid(): void {
    const job = this.#jobs[this.said.bids % this.#jobs.length]
    if (job === undefined) return
    this.said.bids += 1
    this.#send(this.#signedBid(job))
  }

  bidForNothing(): void {
    this.said.unknown += 1
    this.#send(this.#signedBid(digestFromBytes(noise(32))))
  }

  bidForged(): void {
    this.said.forged += 1
    const job = this.#jobs.at(-1) ?? digestFromBytes(noise(32))
    this.#send({ ...this.#signedBid(job), sig: noise(SIGNATURE_BYTES) })
  }

  #signedBid(job: JobId) {
    const { signer, price } = this.#options
    this.#seq += 1
    const { name: model, digest: modelDigest } = TIMED_MODEL
    const state = { cached: true, modes: ['process' as const], vramFreeMb: 0, loadMilli: 0, region: '' }
    return this.#signed(BID, {
      job,
      offer: { ...state, model, modelDigest, price, etaMs: this.#seq },
      payout: signer.id,
    })
  }

  #signedBeat() {
    const { rules } = this.#options
    this.#seq += 1
    return this.#signed(HEARTBEAT, {
      boot: this.#boot,
      seq: this.#seq,
      sentMs: Date.now(),
      nodes: [],
      addresses: [],
      root: digestFromBytes(noise(32)),
      version: 'flood',
      rules,
      lost: false,
    })
  }

  #signed<T>(kind: SignedKind<T>, body: T): Signed<T> {
    return sign(this.#options.signer, this.#options.swarm, kind, body)
  }

  #publish(beat: Signed<unknown>): void {
    this.#options.network.publish('heartbeat', signedFrame(this.#options.swarm, 'heartbeat', beat))
  }

  #send(bid: Signed<unknown>): void {
    const { deciders, network, swarm } = this.#options
    const frame = signedFrame(swarm, 'bid', bid)
    for (const peer of deciders) network.send(peer, 'job', frame)
  }
}

function noise(bytes: number): Uint8Array {
  return new Uint8Array(randomBytes(bytes))
}
