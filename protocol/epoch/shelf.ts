import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { digest, list, struct } from '../encoding/codec.ts'
import type { Digest } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { pieceCodec } from './messages.ts'
import type { Cut } from './pieces.ts'

const draftCodec = struct({ parts: list(digest(), { max: LIMITS.handoverParts }) })

/** Why a list is kept: the newest report or proposal of this peer's own, or a value that it has prepared. */
export type Use = 'report' | 'proposal' | 'prepared'

interface Draft {
  readonly parts: readonly Digest[]
  readonly uses: Set<Use>
}

/**
 * The lists whose pieces this peer's store has while a change of epoch is under way, and gives whoever asks. None of
 * them is another's word: it made them itself, or has judged them and prepares the value that names them, in the very
 * batch. So when a value is decided, those who prepared it still have its pieces after any crash, and no list
 * is written that it didn't judge: of a lying proposer's, one for each of its rounds that passed. One that was prepared stays until the decision, since a later round may carry its value; of a
 * peer's own reports and proposals the newest does. A `draft` record names the parts of each, so that after a crash, too,
 * everything but the decided handover is deleted with the decision.
 *
 * The decided one stays for ever, like the decision that names it: whoever enters the epoch later, however much later,
 * takes over what it lists. It was paid for: every entry in it could be certified when the epoch ended.
 */
export class Shelf {
  readonly #drafts = new Map<Digest, Draft>()

  restore({ key, value }: StoredRecord): boolean {
    if (!key.startsWith(PREFIXES.handoverDraft)) return false
    const { parts } = decodeRecord(draftCodec, value, key)
    // What it was for is forgotten; it may have been prepared.
    this.#drafts.set(key.slice(PREFIXES.handoverDraft.length) as Digest, {
      parts,
      uses: new Set(['prepared']),
    })
    return true
  }

  /** Whether the store has this piece. */
  has(piece: Digest): boolean {
    return this.#drafts.has(piece) || [...this.#drafts.values()].some(({ parts }) => parts.includes(piece))
  }

  /** Keeps a list for the epoch `number`, in place of another that was kept for the same use alone. */
  put(out: Outbox, use: Use, cut: Cut, number: number): void {
    this.#write(out, cut, number)
    this.#drafts.get(cut.name)?.uses.add(use)
    if (use === 'prepared') return
    for (const [name, { uses }] of this.#drafts)
      if (name !== cut.name && uses.delete(use) && uses.size === 0) this.#drop(out, name)
  }

  /** A value is decided: what it names is kept for good, and nothing else. */
  settle(out: Outbox, cut: Cut, number: number): void {
    this.#write(out, cut, number)
    for (const name of this.#drafts.keys()) if (name !== cut.name) this.#drop(out, name)
    out.write(keys.handoverDraft(cut.name), null)
    this.#drafts.clear()
  }

  #write(out: Outbox, { name, parts }: Cut, number: number): void {
    if (this.#drafts.has(name)) return
    const digests = [...parts.keys()]
    const stored = this.#all()
    for (const [piece, part] of parts)
      if (!stored.has(piece))
        out.write(keys.handover(piece), encodeBody(pieceCodec, { type: 'part', number, ...part }))
    out.write(keys.handover(name), encodeBody(pieceCodec, { type: 'list', number, parts: digests }))
    out.write(keys.handoverDraft(name), encodeBody(draftCodec, { parts: digests }))
    this.#drafts.set(name, { parts: digests, uses: new Set() })
  }

  /** Deletes a list, and the parts that no other one has. */
  #drop(out: Outbox, name: Digest): void {
    const dropped = this.#drafts.get(name)?.parts ?? []
    this.#drafts.delete(name)
    const kept = this.#all()
    for (const piece of [name, ...dropped]) if (!kept.has(piece)) out.write(keys.handover(piece), null)
    out.write(keys.handoverDraft(name), null)
  }

  #all(): ReadonlySet<Digest> {
    return new Set([...this.#drafts].flatMap(([name, { parts }]) => [name, ...parts]))
  }
}
