import type { Signer } from '../../protocol/crypto/signer.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import type { EntryId, PeerId, SwarmId } from '../../protocol/ids.ts'
import { emptyAccount } from '../../protocol/ledger/account.ts'
import { ENTRY, entryIdOf, type Operation, type SignedEntry } from '../../protocol/ledger/entry.ts'
import { LIMITS } from '../../protocol/params.ts'
import type { Ring } from './ring.ts'

/** Units that each owner begins with: what it pays on comes from its neighbour, so it never runs dry. */
const FUNDS = 10_000_000n

interface Phase {
  readonly window: number
  readonly transfers: number
  readonly until: (certified: number) => boolean
}

export interface PhaseResult {
  readonly certified: number
  readonly elapsedMs: number
  /** From signing an entry to its certificate. */
  readonly finalityMs: readonly number[]
}

/** Keeps a window of the ring's entries in flight; whoever received something goes to the end of the queue. */
export class RingLoad {
  readonly #ring: Ring
  readonly #drive: (entry: SignedEntry) => void
  readonly #startedMs = new Map<EntryId, number>()
  readonly #waiting = new Map<EntryId, () => void>()
  #ready: number[] = []
  #phase: Phase | undefined
  #finalityMs: number[] = []
  #ended = Promise.withResolvers<void>()

  constructor(ring: Ring, drive: (entry: SignedEntry) => void) {
    this.#ring = ring
    this.#drive = drive
  }

  /** Mints to every owner, 64 of them an entry, from the account that the charter lets mint. */
  async fund(minter: Signer, swarm: SwarmId): Promise<void> {
    let { seq, head } = emptyAccount(swarm, minter.id)
    for (let at = 0; at < this.#ring.ids.length; at += LIMITS.operations) {
      const ops = this.#ring.ids.slice(at, at + LIMITS.operations).map(mintTo)
      const body = { account: minter.id, seq, prev: head, claims: [], ops, free: 0n }
      const entry = sign(minter, swarm, ENTRY, body)
      const certified = new Promise<void>((resolve) => this.#waiting.set(entryIdOf(entry), resolve))
      this.#drive(entry)
      await certified
      seq += 1
      head = entryIdOf(entry)
    }
  }

  /** Keeps the window full until enough is certified; resolves when nothing is in flight any more. */
  async run(phase: Phase): Promise<PhaseResult> {
    this.#finalityMs = []
    this.#ended = Promise.withResolvers<void>()
    this.#phase = phase
    const startedMs = performance.now()
    this.#pump()
    await this.#ended.promise
    return {
      certified: this.#finalityMs.length,
      elapsedMs: performance.now() - startedMs,
      finalityMs: this.#finalityMs,
    }
  }

  onCertified(entry: SignedEntry, id: EntryId): void {
    const startedMs = this.#startedMs.get(id)
    this.#startedMs.delete(id)
    if (startedMs !== undefined) this.#finalityMs.push(performance.now() - startedMs)
    this.#ready.push(...this.#ring.certified(entry, id))
    this.#waiting.get(id)?.()
    this.#waiting.delete(id)
    this.#pump()
  }

  #pump(): void {
    const phase = this.#phase
    if (phase === undefined) return
    if (phase.until(this.#finalityMs.length)) {
      if (this.#startedMs.size > 0) return
      this.#phase = undefined
      this.#ended.resolve()
      return
    }
    while (this.#startedMs.size < phase.window) {
      const at = this.#ready.shift()
      if (at === undefined) return
      const startedMs = performance.now()
      const entry = this.#ring.entryOf(at, phase.transfers)
      if (entry === undefined) continue
      this.#startedMs.set(entryIdOf(entry), startedMs)
      this.#drive(entry)
    }
  }
}

export function mintTo(to: PeerId): Operation {
  return { type: 'mint', to, amount: FUNDS, memo: '' }
}
