import type { Digest, PeerId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { Handover, Piece } from './messages.ts'
import { type Cut, emptyListOf, joinParts, orderOf, pieceDigestOf } from './pieces.ts'

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

interface Slot {
  readonly name: Digest
  readonly holders: PeerId[]
  readonly sift: Sift
  /** Undefined until the list is here. */
  parts: readonly Digest[] | undefined
  /** The first of its parts that isn't here. */
  next: number
  isBroken: boolean
  /** Whether anything came since it was looked after last. */
  hasMoved: boolean
}

/** What is kept of a part, and where it stood among all that its list lists. */
interface Held {
  readonly kept: Handover
  readonly first: string
  readonly last: string
  /** Whether nothing was sifted away. */
  readonly isWhole: boolean
}

export interface ListsParts {
  /** The epoch that all pieces are for. */
  readonly number: () => number
  /** Whether this peer's own store has a piece. */
  readonly isStored: (piece: Digest) => boolean
}

/**
 * Lists on their way here, each in a slot of its own: a slot has one list at a time, so that nobody fills more than one.
 * A few parts of each are asked for at a time, so the largest list never fills a queue on its way. A piece is taken
 * only if it is the one that was asked for, in its list's order, listing what belongs there; the first that doesn't ends the
 * list. Everything is in memory alone. A part that several lists name is fetched once, and what is
 * here stays while any slot names it: so a list that takes the place of another begins with what they have in common.
 */
export class Lists {
  readonly #parts: ListsParts
  readonly #slots = new Map<string, Slot>()
  readonly #held = new Map<Digest, Held>()
  readonly #asked = new Set<Digest>()

  constructor(parts: ListsParts) {
    this.#parts = parts
  }

  /** What a list says once all of it is here; `wait` while it is on its way, `broken` where it isn't one. */
  want(out: Outbox, slot: string, wanted: Wanted): Handover | 'wait' | 'broken' {
    const state = this.#slotFor(slot, wanted)
    this.#advance(state)
    this.#ask(out, state)
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
    for (const [digest, part] of parts) this.#held.set(digest, heldOf(part, part))
    const digests = [...parts.keys()]
    const sift: Sift = (part) => part
    const isBroken = false
    const state = { name, holders: [], sift, parts: digests, next: digests.length, isBroken, hasMoved: true }
    this.#slots.set(slot, state)
    this.#sweep()
  }

  /** A piece is here; false where nobody asked for it, or it isn't what its list says. */
  take(out: Outbox, piece: Piece): boolean {
    return this.#take(out, pieceDigestOf(piece), piece)
  }

  /** For `loaded`: a piece of this peer's own store, or nothing. */
  onLoaded(out: Outbox, digest: Digest, piece: Piece | undefined): boolean {
    if (piece !== undefined) return this.#take(out, digest, piece)
    for (const slot of this.#slots.values())
      if (this.#asked.has(digest) && this.#wants(slot).includes(digest)) send(out, slot, digest)
    return false
  }

  /** Asks again for what didn't come, each time of another holder. */
  repeat(out: Outbox): void {
    for (const slot of this.#slots.values()) {
      if (!slot.hasMoved) this.#again(out, slot)
      slot.hasMoved = false
    }
  }

  /** A peer that gave nothing for a while may be asked again. */
  resume(out: Outbox, from: PeerId): void {
    for (const slot of this.#slots.values())
      if (slot.holders[0] === from) for (const digest of this.#wants(slot)) this.#askFor(out, slot, digest)
  }

  isAsking(peer: PeerId): boolean {
    return [...this.#slots.values()].some((slot) => slot.holders[0] === peer && this.#wants(slot).length > 0)
  }

  get isBusy(): boolean {
    return [...this.#slots.values()].some((slot) => this.#wants(slot).length > 0)
  }

  /** Forgets a list, and every part of which something was sifted away: it may be judged otherwise now. */
  forget(slot: string): void {
    this.#slots.delete(slot)
    for (const [digest, { isWhole }] of this.#held) if (!isWhole) this.#held.delete(digest)
    for (const other of this.#slots.values()) other.next = 0
    this.#sweep()
  }

  /** Whether something of a list was sifted away. */
  isSifted(slot: string): boolean {
    return this.#slots.get(slot)?.parts?.some((part) => this.#held.get(part)?.isWhole === false) ?? false
  }

  clear(): void {
    this.#slots.clear()
    this.#held.clear()
    this.#asked.clear()
  }

  #slotFor(slot: string, { name, holders, sift }: Wanted): Slot {
    const before = this.#slots.get(slot)
    if (before?.name === name) {
      before.holders.push(...holders.filter((peer) => !before.holders.includes(peer)))
      return before
    }
    const same = [...this.#slots.values()].find((one) => one.name === name && one.parts !== undefined)
    const isEmpty = name === emptyListOf(this.#parts.number())
    const parts = isEmpty ? [] : same?.parts
    const state = { name, holders: [...holders], sift, parts, next: 0, isBroken: false, hasMoved: true }
    this.#slots.set(slot, state)
    this.#sweep()
    return state
  }

  #take(out: Outbox, digest: Digest, piece: Piece): boolean {
    if (!this.#asked.delete(digest)) return false
    const waiting = [...this.#slots.values()].filter((slot) => this.#wants(slot).includes(digest))
    if (piece.number !== this.#parts.number()) {
      for (const slot of waiting) slot.isBroken = true
      return waiting.length > 0
    }
    for (const slot of waiting) {
      slot.hasMoved = true
      if (piece.type === 'list' && slot.parts === undefined) slot.parts = piece.parts
      else if (piece.type === 'part' && slot.parts?.[slot.next] === digest) this.#hold(slot, digest, piece)
      else if (slot.parts?.[slot.next + 1] !== digest) slot.isBroken = true
      this.#advance(slot)
      this.#ask(out, slot)
    }
    return waiting.length > 0
  }

  #hold(slot: Slot, digest: Digest, { locks, prepared }: Handover): void {
    const part = { locks, prepared }
    const kept = isAscending(orderOf(part)) ? slot.sift(part) : undefined
    if (kept === undefined) slot.isBroken = true
    else if (!this.#held.has(digest)) this.#held.set(digest, heldOf(part, kept))
  }

  /** Goes on to the first part that isn't here, as long as each stands behind the one before. */
  #advance(slot: Slot): void {
    for (let digest = slot.parts?.[slot.next]; digest !== undefined; digest = slot.parts?.[slot.next]) {
      const held = this.#held.get(digest)
      if (held === undefined || slot.isBroken) return
      const before = this.#held.get(slot.parts?.[slot.next - 1] ?? digest)
      if (slot.next > 0 && (before === undefined || before.last >= held.first)) slot.isBroken = true
      else slot.next += 1
    }
  }

  /** What a slot needs next. */
  #wants(slot: Slot): readonly Digest[] {
    if (slot.isBroken) return []
    if (slot.parts === undefined) return [slot.name]
    return slot.parts.slice(slot.next, slot.next + PARTS_AT_ONCE).filter((part) => !this.#held.has(part))
  }

  #ask(out: Outbox, slot: Slot): void {
    for (const digest of this.#wants(slot)) if (!this.#asked.has(digest)) this.#askFor(out, slot, digest)
  }

  #again(out: Outbox, slot: Slot): void {
    const [first] = slot.holders.splice(0, 1)
    if (first !== undefined) slot.holders.push(first)
    for (const digest of this.#wants(slot)) this.#askFor(out, slot, digest)
  }

  #askFor(out: Outbox, slot: Slot, digest: Digest): void {
    this.#asked.add(digest)
    if (this.#parts.isStored(digest)) out.load([keys.handover(digest)], { type: 'handover', piece: digest })
    else send(out, slot, digest)
  }

  /** Only what a slot names is kept, and asked for. */
  #sweep(): void {
    const slots = [...this.#slots.values()]
    const named = new Set(slots.flatMap(({ name, parts = [] }) => [name, ...parts]))
    for (const digest of this.#held.keys()) if (!named.has(digest)) this.#held.delete(digest)
    for (const digest of this.#asked) if (!named.has(digest)) this.#asked.delete(digest)
  }
}

function isWhole({ parts, next, isBroken }: Slot): boolean {
  return !isBroken && parts !== undefined && next === parts.length
}

function send(out: Outbox, { holders }: Slot, piece: Digest): void {
  const [holder] = holders
  if (holder !== undefined) out.send(holder, 'handover-fetch', { piece })
}

/** A part that lists nothing stands nowhere, and so in no list. */
function heldOf(part: Handover, kept: Handover): Held {
  const order = orderOf(part)
  const isWhole = kept.locks.length === part.locks.length && kept.prepared.length === part.prepared.length
  return { kept, first: order.at(0) ?? '', last: order.at(-1) ?? '', isWhole }
}

function isAscending(order: readonly string[]): boolean {
  return order.length > 0 && order.every((one, at) => at === 0 || (order[at - 1] ?? '') < one)
}
