import type { Digest, PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { type Asker, Asking, type Need } from './asking.ts'
import { type HeldPart, heldPart, isOrderly, type Standing, standingBehind, START } from './held-parts.ts'
import type { Handover, Piece } from './messages.ts'
import { type Cut, emptyListOf, joinParts, pieceDigestOf } from './pieces.ts'

/**
 * Parts of one list that are asked for at a time: two keep a connection busy while the one before is checked, and of the
 * largest frames they are half of what a peer lets wait for another (4 MiB).
 */
const PARTS_AT_ONCE = 2

/** What of a part is kept; undefined where it shows that whoever made the list lies. */
type Sift = (part: Handover) => Handover | undefined

export interface Wanted {
  readonly name: Digest
  /** Who may have it: the first is asked, and put behind the others when it brings nothing. */
  readonly holders: readonly PeerId[]
  readonly sift: Sift
}

/** Whom one list is asked of: all witnesses, and as many others as showed a decision that names it. */
const HOLDERS_MAX = 2 * LIMITS.witnesses

interface Slot extends Asker {
  readonly name: Digest
  readonly sift: Sift
  /** Undefined until the list is here, and of a broken one. */
  parts: readonly Digest[] | undefined
  /** The first of its parts that isn't here, or hasn't been looked at in its turn. */
  next: number
  /** Where it stands behind the part before that. */
  standing: Standing
  isBroken: boolean
  /** How many pieces it came on by since it was looked after last; without end where it began since. */
  moved: number
}

export interface ListsParts {
  /** The epoch that all pieces are for. */
  readonly number: () => number
  /** Whether this peer's own store has a piece. */
  readonly isStored: (piece: Digest) => boolean
  /** Whether several parts may each bring an entry that is kept for this place; by default for any. */
  readonly mayRepeat?: (place: string) => boolean
}

/**
 * Lists on their way here, each in a slot of its own: a slot has one list at a time, so that nobody fills more than one.
 * A few parts of each are asked for at a time, so the largest list never fills a queue on its way. A piece is taken
 * only if a list needs it next, lists what belongs there and stands in its list's order; the first that doesn't ends the
 * list, and nothing of it is kept. Everything is in memory alone. What is here stays while any slot names it, so a part
 * that several lists name is there once, and a list begins with what it has in common with others.
 *
 * What one liar does holds no other list back, and makes nobody send a piece often (`Asking`). A list only comes on
 * when its next part is there in its turn; a part that comes before its turn is held until then.
 *
 * **What a liar can have this peer hold.** One list for each slot that it has a say in: 1.5 MiB of names, and the parts
 * so far, with the one behind them. For one place a list has no more entries than there may be witnesses, over all its
 * parts: 64 of 40 KiB, hence 2.5 MiB for each place at which its slot's sift lets anything through, that is for each
 * account that has credits. Who has which slots, and so how often this is held, is bounded by whoever makes them
 * (`LIMITS.judgedLists`, and one of each witness in `Gather`).
 */
export class Lists {
  readonly #parts: ListsParts
  readonly #slots = new Map<string, Slot>()
  readonly #held = new Map<Digest, HeldPart>()
  readonly #asking: Asking

  constructor(parts: ListsParts) {
    this.#parts = parts
    this.#asking = new Asking(parts.isStored)
  }

  /** What a list says once all of it is here; `wait` while it is on its way, `broken` where it isn't one. */
  want(out: Outbox, slot: string, wanted: Wanted): Handover | 'wait' | 'broken' {
    const state = this.#slotFor(slot, wanted)
    this.#goOn(out)
    if (state.isBroken) return 'broken'
    return this.kept(slot) ?? 'wait'
  }

  /** Whether all of this list is in the slot. */
  isHere(slot: string, name: Digest): boolean {
    const state = this.#slots.get(slot)
    return state?.name === name && isWhole(state)
  }

  /** What is kept of a list that is all here. */
  kept(slot: string): Handover | undefined {
    const state = this.#slots.get(slot)
    if (state?.parts === undefined || !isWhole(state)) return undefined
    return joinParts(state.parts.flatMap((part) => this.#held.get(part)?.kept ?? []))
  }

  /** The list in a slot, as it is to be kept. */
  cut(slot: string): Cut | undefined {
    const state = this.#slots.get(slot)
    if (state?.parts === undefined) return undefined
    const parts = state.parts.flatMap((part) => {
      const held = this.#held.get(part)
      return held === undefined ? [] : [[part, held.kept] as const]
    })
    return { name: state.name, parts: new Map(parts) }
  }

  /** A list that this peer made itself: nothing of it is asked for. */
  place(slot: string, { name, parts }: Cut): void {
    if (this.#slots.get(slot)?.name === name) return
    for (const [digest, part] of parts) this.#held.set(digest, heldPart(part, part))
    const digests = [...parts.keys()]
    const state = newSlot(slot, { name, holders: [], sift: (part) => part }, digests)
    state.next = digests.length
    this.#slots.set(slot, state)
    this.#sweep()
  }

  /** A piece is here; false where no list needs it now. */
  take(out: Outbox, piece: Piece): boolean {
    return this.#take(out, pieceDigestOf(piece), piece)
  }

  /** For `loaded`: a piece of this peer's own store, or nothing. */
  onLoaded(out: Outbox, digest: Digest, piece: Piece | undefined): boolean {
    this.#asking.onLoaded(digest, piece !== undefined)
    if (piece !== undefined) return this.#take(out, digest, piece)
    this.#goOn(out)
    return false
  }

  /** Asks again for what didn't come, each time of another holder. */
  repeat(out: Outbox): void {
    const slots = [...this.#slots.values()]
    this.#asking.repeat(slots.map((slot) => ({ ...this.#needOf(slot), moved: slot.moved })))
    for (const slot of slots) slot.moved = 0
    this.#goOn(out)
  }

  /** A peer that gave nothing for a while may be asked again. */
  resume(out: Outbox, from: PeerId): void {
    this.#asking.resume(out, from, this.#needs())
  }

  isAsking(peer: PeerId): boolean {
    return this.#asking.isAsking(peer, this.#needs())
  }

  get isBusy(): boolean {
    return [...this.#slots.values()].some((slot) => this.#wants(slot).length > 0)
  }

  /** Forgets a list. */
  drop(slot: string): void {
    if (this.#slots.delete(slot)) this.#sweep()
  }

  /** Forgets a list, and every part of which something was sifted away: it may be judged otherwise now. */
  forget(slot: string): void {
    this.#slots.delete(slot)
    for (const [digest, { isWhole }] of this.#held) if (!isWhole) this.#held.delete(digest)
    for (const other of this.#slots.values()) {
      other.next = 0
      other.standing = START
    }
    this.#sweep()
  }

  /** Whether something of a list was sifted away. */
  isSifted(slot: string): boolean {
    return this.#slots.get(slot)?.parts?.some((part) => this.#held.get(part)?.isWhole === false) ?? false
  }

  clear(): void {
    this.#slots.clear()
    this.#held.clear()
    this.#asking.clear()
  }

  #slotFor(slot: string, wanted: Wanted): Slot {
    const before = this.#slots.get(slot)
    const { name, holders } = wanted
    if (before?.name === name) {
      const others = holders.filter((peer) => !before.holders.includes(peer))
      before.holders.push(...others.slice(0, Math.max(0, HOLDERS_MAX - before.holders.length)))
      return before
    }
    const same = [...this.#slots.values()].find((one) => one.name === name && one.parts !== undefined)
    const isEmpty = name === emptyListOf(this.#parts.number())
    const state = newSlot(slot, wanted, isEmpty ? [] : same?.parts)
    this.#slots.set(slot, state)
    this.#sweep()
    return state
  }

  #waitingFor(digest: Digest): readonly Slot[] {
    return [...this.#slots.values()].filter((slot) => this.#wants(slot).includes(digest))
  }

  #take(out: Outbox, digest: Digest, piece: Piece): boolean {
    const waiting = this.#waitingFor(digest)
    for (const slot of waiting) this.#give(slot, digest, piece)
    if (waiting.length > 0) this.#goOn(out)
    return waiting.length > 0
  }

  #give(slot: Slot, digest: Digest, piece: Piece): void {
    if (piece.number !== this.#parts.number() || (piece.type === 'list') !== (slot.parts === undefined)) {
      slot.isBroken = true
    } else if (piece.type === 'list') {
      slot.parts = piece.parts
      slot.moved += 1
    } else this.#hold(slot, digest, piece)
  }

  /** Whether it stands behind the part before it is seen in its turn. */
  #hold(slot: Slot, digest: Digest, { locks, prepared }: Handover): void {
    const part = { locks, prepared }
    const kept = isOrderly(part) ? slot.sift(part) : undefined
    if (kept === undefined) slot.isBroken = true
    else if (!this.#held.has(digest)) this.#held.set(digest, heldPart(part, kept))
  }

  /** Every list goes on with what is here, and what is needed next is asked for. */
  #goOn(out: Outbox): void {
    for (const slot of this.#slots.values()) this.#advance(slot)
    this.#release()
    this.#asking.ask(out, this.#needs())
  }

  /** Goes on to the first part that isn't here, as long as each stands behind the one before. */
  #advance(slot: Slot): void {
    for (let digest = slot.parts?.[slot.next]; digest !== undefined; digest = slot.parts?.[slot.next]) {
      const held = this.#held.get(digest)
      if (held === undefined || slot.isBroken) return
      const before = this.#held.get(slot.parts?.[slot.next - 1] ?? digest)
      const standing = standingBehind(slot.standing, held, this.#parts.mayRepeat ?? anywhere)
      const isBehind = slot.next === 0 || (before !== undefined && before.last < held.first)
      if (!isBehind || standing === undefined) {
        slot.isBroken = true
        return
      }
      slot.standing = standing
      slot.next += 1
      slot.moved += 1
    }
  }

  /** Of a broken list nothing is kept but that it is one. */
  #release(): void {
    const broken = [...this.#slots.values()].filter(({ isBroken, parts }) => isBroken && parts !== undefined)
    for (const slot of broken) slot.parts = undefined
    if (broken.length > 0) this.#sweep()
  }

  /** What a slot needs next. */
  #wants(slot: Slot): readonly Digest[] {
    if (slot.isBroken) return []
    if (slot.parts === undefined) return [slot.name]
    return slot.parts.slice(slot.next, slot.next + PARTS_AT_ONCE).filter((part) => !this.#held.has(part))
  }

  #needOf(slot: Slot): Need {
    return { asker: slot, wants: this.#wants(slot) }
  }

  #needs(): readonly Need[] {
    return [...this.#slots.values()].map((slot) => this.#needOf(slot))
  }

  /** Only what a slot names is kept, and asked for. */
  #sweep(): void {
    const slots = [...this.#slots.values()]
    const named = new Set(slots.flatMap(({ name, parts = [] }) => [name, ...parts]))
    for (const digest of this.#held.keys()) if (!named.has(digest)) this.#held.delete(digest)
    this.#asking.keepOnly(named)
  }
}

function newSlot(key: string, { name, holders, sift }: Wanted, parts: readonly Digest[] | undefined): Slot {
  const start = { next: 0, standing: START, isBroken: false, moved: Number.POSITIVE_INFINITY }
  return { key, name, holders: [...holders], sift, parts, asked: new Set(), ...start }
}

const anywhere = () => true

function isWhole({ parts, next, isBroken }: Slot): boolean {
  return !isBroken && parts !== undefined && next === parts.length
}
