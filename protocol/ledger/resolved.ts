import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { digest, type Infer, list, nullable, struct, uint } from '../encoding/codec.ts'
import type { AccountId, EntryId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { leafKeyOf, parseResolvedLeaf, resolutionLeaf } from '../sync/leaves.ts'
import type { StateDigest } from '../sync/state-digest.ts'

const resolvedCodec = struct({
  /** Digest of the decided value; of a merged fork it is the account's head behind this place. */
  value: digest(),
  /** Place of the chain that the decision settles. */
  seq: uint(),
  entries: list(digest<EntryId>(), { max: LIMITS.forkEntries }),
  /** Of a merged fork, the branch whose certificate is known: its outputs count. */
  surfaced: nullable(digest<EntryId>()),
})
/** How one fork was settled. */
export type Resolved = Infer<typeof resolvedCodec>

/** An account's resolutions, numbered in their order. */
export interface ResolvedBook {
  count(account: AccountId): number
  get(account: AccountId, number: number): Resolved | undefined
  /** The resolution that stands at a place of the chain. */
  at(account: AccountId, seq: number): { readonly number: number; readonly resolved: Resolved } | undefined
  put(out: Outbox, account: AccountId, number: number, resolved: Resolved): void
  restore(record: StoredRecord): void
}

interface Held {
  readonly byNumber: Map<number, Resolved>
  /** Numbers by settled place, without those that settled none: a chain's places are looked up one by one. */
  readonly bySeq: Map<number, number>
}

export function createResolvedBook(state: Pick<StateDigest, 'set'>): ResolvedBook {
  const accounts = new Map<AccountId, Held>()

  function hold(account: AccountId, number: number, resolved: Resolved): void {
    const held = accounts.get(account) ?? { byNumber: new Map(), bySeq: new Map() }
    accounts.set(account, held)
    held.byNumber.set(number, resolved)
    if (resolved.entries.length > 0) held.bySeq.set(resolved.seq, number)
    state.set(leafKeyOf(account, number), resolutionLeaf(resolved.value, resolved.surfaced))
  }

  const get = (account: AccountId, number: number) => accounts.get(account)?.byNumber.get(number)
  return {
    // Each is decided on top of the one before, so they come without gaps.
    count: (account) => accounts.get(account)?.byNumber.size ?? 0,
    get,
    at(account, seq) {
      const number = accounts.get(account)?.bySeq.get(seq)
      const resolved = number === undefined ? undefined : get(account, number)
      return number === undefined || resolved === undefined ? undefined : { number, resolved }
    },
    put(out, account, number, resolved) {
      hold(account, number, resolved)
      out.write(keys.resolved(account, number), encodeBody(resolvedCodec, resolved))
    },
    restore({ key, value }) {
      const place = parseResolvedLeaf(key)
      // Keys of this peer's own store were written from ids.
      if (place !== undefined) hold(place.account, place.number, decodeRecord(resolvedCodec, value, key))
    },
  }
}

/** Several entries were merged: the account went on behind a head that is nobody's entry. */
export function isMerged({ entries }: Resolved): boolean {
  return entries.length > 1
}
