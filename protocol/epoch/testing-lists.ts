import { encodeBody } from '../encoding/body.ts'
import type { Digest, PeerId } from '../ids.ts'
import { ENTRY, type SignedEntry } from '../ledger/entry.ts'
import { testSigner } from '../ledger/testing-mind.ts'
import type { LoadPurpose } from '../peer/effect.ts'
import type { Outbox } from '../peer/outbox.ts'
import { compareEntries } from './handover.ts'
import { Lists } from './lists.ts'
import { type Handover, type Piece, pieceCodec } from './messages.ts'
import type { Cut } from './pieces.ts'

const owner = testSigner(8).id
const SIG = new Uint8Array(64)
/** As often as a list has parts, and some. */
const TIMES_MAX = 2_000

/** For tests: an entry that nobody signed; where signatures aren't looked at, that makes no difference. */
export function entryAt(seq: number): SignedEntry {
  const body = { account: owner, seq, prev: '0'.repeat(64) as Digest, claims: [], ops: [], free: 1n }
  return { signer: owner, body, bytes: encodeBody(ENTRY.body, body), sig: SIG }
}

/** For tests: so many entries that are all for one place, in the order of their ids. */
export function entriesOfOnePlace(count: number): SignedEntry[] {
  const entries = Array.from({ length: count }, (_, at): SignedEntry => {
    const body = { ...entryAt(0).body, free: BigInt(at) }
    return { signer: owner, body, bytes: encodeBody(ENTRY.body, body), sig: SIG }
  })
  return entries.sort(compareEntries)
}

export function entriesUpTo(count: number): SignedEntry[] {
  return Array.from({ length: count }, (_, at) => entryAt(at))
}

/** For tests: a peer that asks for lists, and those who have the pieces. */
export class TestLists {
  /** How often each peer was asked, over all. */
  readonly requests = new Map<PeerId, number>()
  /** What the own store was asked for and hasn't answered. */
  readonly loads: Digest[] = []
  readonly asked: { readonly to: PeerId; readonly piece: Digest }[] = []
  /** Pieces that a peer gives; all others it doesn't answer. */
  readonly given = new Map<PeerId, ReadonlyMap<Digest, Piece>>()
  readonly lists: Lists
  readonly out: Outbox
  /** Most bytes that were ever on their way from one peer at a time. */
  mostBytes = 0
  fetched = 0

  /** A `slow` store answers nothing by itself; any other one at once, that it has nothing. */
  constructor(stored: ReadonlySet<Digest> = new Set(), isSlow = false) {
    this.lists = new Lists({ number: () => 1, isStored: (piece) => stored.has(piece) })
    this.out = {
      now: 0,
      send: (to: PeerId, _kind: string, body: { piece: Digest }) => {
        this.requests.set(to, (this.requests.get(to) ?? 0) + 1)
        this.asked.push({ to, ...body })
      },
      load: (_keys: unknown, purpose: LoadPurpose) => {
        if (purpose.type !== 'handover') return
        this.loads.push(purpose.piece)
        if (!isSlow) this.lists.onLoaded(this.out, purpose.piece, undefined)
      },
    } as unknown as Outbox
  }

  give(peer: PeerId, cut: Cut): void {
    const parts = [...cut.parts].map(([digest, part]): [Digest, Piece] => [
      digest,
      { type: 'part', number: 1, ...part },
    ])
    const list: Piece = { type: 'list', number: 1, parts: [...cut.parts.keys()] }
    this.given.set(peer, new Map([...(this.given.get(peer) ?? []), [cut.name, list], ...parts]))
  }

  want(
    slot: string,
    name: Digest,
    holders: readonly PeerId[],
    sift = (part: Handover) => part as Handover | undefined,
  ) {
    return this.lists.want(this.out, slot, { name, holders, sift })
  }

  /** Answers all that is asked for, until nothing more is; throws where that has no end. */
  answer(): void {
    for (let times = 0; this.asked.length > 0; times += 1) {
      if (times > TIMES_MAX) throw new RangeError('it asks without end')
      const batch = this.asked.splice(0)
      const found = batch.flatMap(({ to, piece }) => this.given.get(to)?.get(piece) ?? [])
      const sizes = new Map<PeerId, number>()
      for (const { to, piece } of batch) {
        const one = this.given.get(to)?.get(piece)
        const bytes = one === undefined ? 0 : encodeBody(pieceCodec, one).length
        sizes.set(to, (sizes.get(to) ?? 0) + bytes)
      }
      this.mostBytes = Math.max(this.mostBytes, ...sizes.values())
      for (const piece of found) if (this.lists.take(this.out, piece)) this.fetched += 1
    }
  }
}
