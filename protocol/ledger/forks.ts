import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { type Infer, nullable, struct, uint } from '../encoding/codec.ts'
import type { AccountId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { type ForkProof, forkProofCodec, placeOfFork } from './resolution.ts'

/** Convicted accounts remembered; each costs its key a fork, and 100 bytes here. Beyond, no new one is kept. */
const FORKED_MAX = 10_000

// Of this peer's own account the proof is hot, since a request to settle the fork needs it.
const forkedCodec = struct({ seq: uint(), own: nullable(forkProofCodec) })
type Forked = Infer<typeof forkedCodec>

/**
 * Proofs that an account's owner signed two entries for one place (4.8). They are kept and shown, and freeze
 * nothing: certificates always apply. The first proof convicts, so one is kept for each account.
 */
export interface ForkBook {
  /** Where the account forked first, as far as this peer knows. */
  seqOf(account: AccountId): number | undefined
  /** The newest proof against this peer's own account. */
  ownProof(): ForkProof | undefined
  /** True for the first proof against its account: then others are to be told. */
  keep(out: Outbox, proof: ForkProof): boolean
  count(): number
  restore(record: StoredRecord): void
}

export function createForkBook(self: AccountId): ForkBook {
  const forked = new Map<AccountId, Forked>()

  /** The first proof convicts; of this peer's own account the newest one asks to be settled. */
  function isNews(account: AccountId, seq: number): boolean {
    const known = forked.get(account)
    if (known === undefined) return forked.size < FORKED_MAX || account === self
    return account === self && seq > known.seq
  }

  return {
    seqOf: (account) => forked.get(account)?.seq,
    ownProof: () => forked.get(self)?.own ?? undefined,
    keep(out, proof) {
      const place = placeOfFork(proof)
      if (place === undefined || !isNews(place.account, place.seq)) return false
      const { account, seq } = place
      const record = { seq, own: account === self ? proof : null }
      forked.set(account, record)
      out.write(keys.forked(account), encodeBody(forkedCodec, record))
      out.write(keys.fork(account), encodeBody(forkProofCodec, proof))
      return true
    },
    count: () => forked.size,
    restore({ key, value }) {
      // Keys of this peer's own store were written from ids.
      forked.set(key.slice(PREFIXES.forked.length) as AccountId, decodeRecord(forkedCodec, value, key))
    },
  }
}
