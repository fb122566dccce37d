import { decodeRecord, encodeBody } from '../encoding/body.ts'
import type { Digest, PeerId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import { handoverDigestOf, joinParts } from './handover.ts'
import { type Handover, handoverCodec } from './messages.ts'

/** What is said of the parts of a handover while they are on their way. */
interface Asked {
  /** Who may have it, in the order in which they are asked; each is put behind the others when it was. */
  readonly holders: PeerId[]
}

/**
 * Parts of handovers, named by the values that witnesses agree on. A part is written before this peer's first statement
 * about a value that names it: so when a value is decided, those who prepared it still have its parts after any
 * crash. In memory they are held until the epoch has begun.
 */
export class Chunks {
  readonly #held = new Map<Digest, Handover>()
  readonly #asked = new Map<Digest, Asked>()

  /** Keeps a part that this peer made or asked for. */
  keep(out: Outbox, part: Handover): Digest {
    const digest = handoverDigestOf(part)
    this.#asked.delete(digest)
    if (this.#held.has(digest)) return digest
    this.#held.set(digest, part)
    out.write(keys.handover(digest), encodeBody(handoverCodec, part))
    return digest
  }

  /** Everything that these parts list; undefined while some are on their way from `holders`. */
  assemble(out: Outbox, digests: readonly Digest[], holders: readonly PeerId[]): Handover | undefined {
    const absent = digests.filter((digest) => !this.#held.has(digest))
    for (const digest of absent) {
      const asked = this.#asked.get(digest)
      if (asked !== undefined) {
        // Whoever brings the decision later may have what an earlier one can't give any more.
        asked.holders.push(...holders.filter((peer) => !asked.holders.includes(peer)))
        continue
      }
      this.#asked.set(digest, { holders: [...holders] })
      // The store may have it from before a restart.
      out.load([keys.handover(digest)], { type: 'handover', chunk: digest })
    }
    if (absent.length > 0) return undefined
    return joinParts(digests.flatMap((digest) => this.#held.get(digest) ?? []))
  }

  onLoaded(out: Outbox, digest: Digest, value: Uint8Array | undefined): boolean {
    if (!this.#asked.has(digest)) return false
    if (value === undefined) {
      this.#fetch(out, digest)
      return false
    }
    this.#asked.delete(digest)
    this.#held.set(digest, decodeRecord(handoverCodec, value, keys.handover(digest)))
    return true
  }

  /** A part from another peer: taken only if it was asked for; its name says that it is the one. */
  onPart(out: Outbox, part: Handover): Digest | undefined {
    const digest = handoverDigestOf(part)
    return this.#asked.has(digest) ? this.keep(out, part) : undefined
  }

  /** Asks for what is still absent, each time of somebody else. */
  repeat(out: Outbox): void {
    for (const digest of this.#asked.keys()) this.#fetch(out, digest)
  }

  get isBusy(): boolean {
    return this.#asked.size > 0
  }

  /** The epoch has begun: the store has what it rests on. */
  clear(): void {
    this.#held.clear()
    this.#asked.clear()
  }

  #fetch(out: Outbox, digest: Digest): void {
    const holders = this.#asked.get(digest)?.holders
    const next = holders?.shift()
    if (holders === undefined || next === undefined) return
    holders.push(next)
    out.send(next, 'handover-fetch', { chunk: digest })
  }
}
