import { decodeRecord } from '../encoding/body.ts'
import type { Digest, PeerId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Roster } from '../swarm/roster.ts'
import type { RecordServer } from '../sync/serve.ts'
import { Lists } from './lists.ts'
import { type Handover, type Piece, pieceCodec } from './messages.ts'
import { type Cut, cutHandover, fitsList } from './pieces.ts'
import { Shelf } from './shelf.ts'

/** The slot of what a decision names. */
const DECIDED = 'decided'

export interface HandoversParts {
  readonly roster: Roster
  readonly root: () => Digest
  readonly serve: () => RecordServer
}

/** The pieces of handovers: those on their way here, those kept, and those that others ask for. */
export class Handovers {
  readonly lists: Lists
  readonly shelf = new Shelf()
  readonly #parts: HandoversParts
  #decided: Digest | undefined
  /** What this witness reported at a root: stopped, it is bound to the same for as long as it stands there. */
  #own: { readonly root: Digest; readonly cut: Cut } | undefined

  constructor(parts: HandoversParts) {
    this.#parts = parts
    this.lists = new Lists({ number: () => this.#number, isStored: (piece) => this.shelf.has(piece) })
  }

  restore(record: StoredRecord): boolean {
    return this.shelf.restore(record)
  }

  /** The epoch that all pieces are for. */
  get #number(): number {
    return this.#parts.roster.epoch.number + 1
  }

  /** What a stopped witness holds, in pieces that others may ask for. */
  cutOwn(out: Outbox, own: () => Handover): Cut {
    const root = this.#parts.root()
    if (this.#own?.root === root) return this.#own.cut
    const cut = cutHandover(own(), this.#number)
    this.#own = { root, cut }
    if (fitsList(cut)) this.shelf.put(out, 'report', cut, this.#number)
    return cut
  }

  onFetch(out: Outbox, to: PeerId, piece: Digest): void {
    this.#parts.serve().record(out, to, keys.handover(piece), { type: 'handover-serve', to })
  }

  /** For `loaded` with the purpose `handover-serve`: what isn't here isn't answered, and the asker asks another. */
  onServed(out: Outbox, to: PeerId, value: Uint8Array | undefined): void {
    if (value !== undefined) out.send(to, 'handover', pieceOf(value))
  }

  onPiece(out: Outbox, piece: Piece): boolean {
    return this.lists.take(out, piece)
  }

  /** For `loaded` with the purpose `handover`. */
  onLoaded(out: Outbox, digest: Digest, value: Uint8Array | undefined): boolean {
    return this.lists.onLoaded(out, digest, value === undefined ? undefined : pieceOf(value))
  }

  /** What a decision's list says: a quorum has judged it. */
  decided(out: Outbox, name: Digest, holders: readonly PeerId[]): Handover | 'wait' | 'broken' {
    this.#decided = name
    return this.lists.want(out, DECIDED, { name, holders, sift: (part) => part })
  }

  /** The list that a decision waits for, once all of it is here. */
  get arrived(): Digest | undefined {
    const name = this.#decided
    return name !== undefined && this.lists.isHere(DECIDED, name) ? name : undefined
  }

  /** The epoch begins, in the batch that says so: its handover is kept, and every other piece is deleted. */
  settle(out: Outbox): void {
    const cut = this.lists.cut(DECIDED)
    if (cut !== undefined) this.shelf.settle(out, cut, this.#number)
    this.lists.clear()
    this.#own = undefined
    this.#decided = undefined
  }
}

function pieceOf(value: Uint8Array): Piece {
  return decodeRecord(pieceCodec, value, 'handover')
}
