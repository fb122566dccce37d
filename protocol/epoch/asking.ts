import type { Digest, PeerId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'

/** Holders of whom one piece is asked at a time: of two that name it and one liar an honest one is among them. */
const HOLDERS_AT_ONCE = 2

/**
 * Parts by which a list comes on from one repetition to the next, where nobody keeps it back: 8 in 5 s. Of ordinary parts of
 * 40 KiB that is half a megabit a second.
 */
const PACE = 8

/** Whoever needs pieces, and of whom it asks for them. */
export interface Asker {
  readonly key: string
  /** Who may have them: the first is asked. */
  readonly holders: PeerId[]
  /** What the first holder was asked for. */
  readonly asked: Set<Digest>
}

export interface Need {
  readonly asker: Asker
  readonly wants: readonly Digest[]
}

/** A need, and by how many parts its list came on since the last repetition. */
export interface Paced extends Need {
  readonly moved: number
}

/**
 * Asks for pieces that several lists may need.
 *
 * **Why nobody holds another's list back.** Of whom a piece was asked is remembered with it: each list asks its own
 * first holder, unless `HOLDERS_AT_ONCE` others owe the piece. Beside one liar so nobody ever waits. Two can owe a piece
 * between them; but a list that came on by fewer than `PACE` parts in a repetition, and hasn't asked for what it needs
 * next, may ask from then on whoever owes it: one list more for each such piece and repetition. The right is kept, so
 * nobody is slower than that for more repetitions than there are lists, or than there are liars where the honest
 * lists have the pieces in common.
 *
 * **What it costs.** A piece is asked of `HOLDERS_AT_ONCE` holders, and of one more for each list that was given the
 * right: honest peers send it twice at most while all goes well or one lies, where nothing is lost.
 *
 * Nothing here grows: there is a set of each list's few next pieces, and of the lists' names.
 */
export class Asking {
  readonly #isStored: (piece: Digest) => boolean
  /** What the store was asked for. */
  readonly #loading = new Set<Digest>()
  /** What the store turned out not to have. */
  readonly #absent = new Set<Digest>()
  /** Lists that ask their own holder, however many others owe a piece. */
  readonly #eager = new Set<string>()

  constructor(isStored: (piece: Digest) => boolean) {
    this.#isStored = isStored
  }

  /** Asks for what all lists need and nobody was asked for. */
  ask(out: Outbox, needs: readonly Need[]): void {
    const owing = new Map<Digest, Set<PeerId>>()
    for (const need of needs) {
      const [holder] = need.asker.holders
      const owed = owedTo(need)
      need.asker.asked.clear()
      for (const piece of owed) {
        need.asker.asked.add(piece)
        if (holder !== undefined) owing.set(piece, (owing.get(piece) ?? new Set()).add(holder))
      }
    }
    for (const { asker, wants } of needs)
      for (const piece of wants) {
        const owed = owing.get(piece) ?? new Set()
        owing.set(piece, owed)
        if (!asker.asked.has(piece)) this.#askFor(out, asker, piece, owed)
      }
  }

  #askFor(out: Outbox, { key, holders, asked }: Asker, piece: Digest, owing: Set<PeerId>): void {
    if (this.#isStored(piece) && !this.#absent.has(piece)) return this.#load(out, piece)
    const [holder] = holders
    if (holder === undefined) return
    if (!owing.has(holder)) {
      if (owing.size >= HOLDERS_AT_ONCE && !this.#eager.has(key)) return
      owing.add(holder)
      send(out, holder, piece)
    }
    asked.add(piece)
  }

  #load(out: Outbox, piece: Digest): void {
    if (this.#loading.has(piece)) return
    this.#loading.add(piece)
    out.load([keys.handover(piece)], { type: 'handover', piece })
  }

  onLoaded(piece: Digest, isHere: boolean): void {
    if (this.#loading.delete(piece) && !isHere) this.#absent.add(piece)
  }

  /** Whoever is slow asks its next holder; where there is none, who gave nothing at all is asked once more. */
  repeat(needs: readonly Paced[]): void {
    const slow = needs.filter(({ wants, moved }) => wants.length > 0 && moved < PACE)
    this.#hasten(slow)
    for (const { asker, moved } of slow) {
      if (asker.holders.length < 2 && moved > 0) continue
      const first = asker.holders.shift()
      if (first !== undefined) asker.holders.push(first)
      asker.asked.clear()
    }
    this.#loading.clear()
  }

  #hasten(slow: readonly Need[]): void {
    const hastened = new Set<Digest>()
    for (const { asker, wants } of slow) {
      const [next] = wants
      if (next === undefined || asker.asked.has(next) || hastened.has(next)) continue
      hastened.add(next)
      this.#eager.add(asker.key)
    }
  }

  /** Asks a peer again for all that it owes. */
  resume(out: Outbox, from: PeerId, needs: readonly Need[]): void {
    const owed = needs.flatMap((need) => (need.asker.holders[0] === from ? owedTo(need) : []))
    for (const piece of new Set(owed)) send(out, from, piece)
  }

  isAsking(peer: PeerId, needs: readonly Need[]): boolean {
    return needs.some((need) => need.asker.holders[0] === peer && owedTo(need).length > 0)
  }

  /** Only what lists name is remembered. */
  keepOnly(named: ReadonlySet<Digest>): void {
    for (const pieces of [this.#loading, this.#absent])
      for (const piece of pieces) if (!named.has(piece)) pieces.delete(piece)
  }

  clear(): void {
    this.#loading.clear()
    this.#absent.clear()
    this.#eager.clear()
  }
}

function owedTo({ asker, wants }: Need): readonly Digest[] {
  return wants.filter((piece) => asker.asked.has(piece))
}

function send(out: Outbox, to: PeerId, piece: Digest): void {
  out.send(to, 'handover-fetch', { piece })
}
