import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { digest, type Infer, list, nullable, struct, uint } from '../encoding/codec.ts'
import type { AccountId, EntryId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Certificate } from './certificate.ts'
import type { Place } from './ledger.ts'
import { entryIdOf, type SignedEntry, signedEntry } from './entry.ts'

const adoptedCodec = struct({
  /** The closed epoch whose handover lists them; what its governance allowed may still be voted for. */
  epoch: uint(),
  /** By ascending id; several only where the owner signed several. */
  entries: list(signedEntry, { min: 1, max: LIMITS.handoverChunks }),
  /** Of several, the one whose certificate of a closed epoch this witness was shown first. */
  shown: nullable(digest<EntryId>()),
})
export type Adopted = Infer<typeof adoptedCodec>

/**
 * What witnesses of a closed epoch were bound to at places that have no certificate yet (5.6). One of the entries listed
 * for a place may have a certificate that nobody here has seen. So a witness votes there for the only one, or else for
 * none: of several it takes the one whose certificate it is shown, once. It goes when the place is settled, or with
 * the epoch, whose handover lists it again.
 */
export interface AdoptedPlaces {
  get(account: AccountId, seq: number): Adopted | undefined
  entries(): Iterable<SignedEntry>
  /** Takes over a handover's list, in place of the one before. */
  replace(out: Outbox, entries: readonly SignedEntry[], epoch: number): void
  /** A certificate of a closed epoch: it says which of several this witness may vote for; true when it does. */
  show(out: Outbox, certificate: Certificate): boolean
  release(out: Outbox, place: Place): void
  restore(record: StoredRecord): void
}

/** The one entry that may be voted for at a place; undefined while none may. */
export function votable({ entries, shown }: Adopted): SignedEntry | undefined {
  const [only, ...others] = entries
  return others.length === 0 ? only : entries.find((entry) => entryIdOf(entry) === shown)
}

export function createAdoptedPlaces(): AdoptedPlaces {
  const places = new Map<string, Adopted>()
  const put = (out: Outbox, key: string, adopted: Adopted) => {
    places.set(key, adopted)
    out.write(key, encodeBody(adoptedCodec, adopted))
  }
  const drop = (out: Outbox, key: string) => {
    if (places.delete(key)) out.write(key, null)
  }
  return {
    get: (account, seq) => places.get(keys.adopted(account, seq)),
    *entries() {
      for (const { entries } of places.values()) yield* entries
    },
    replace(out, entries, epoch) {
      for (const key of places.keys()) drop(out, key)
      const listed = new Map<string, SignedEntry[]>()
      for (const entry of entries) {
        const key = keys.adopted(entry.body.account, entry.body.seq)
        listed.set(key, [...(listed.get(key) ?? []), entry])
      }
      for (const [key, ofPlace] of listed) put(out, key, { epoch, entries: ofPlace, shown: null })
    },
    show(out, { entry }) {
      const key = keys.adopted(entry.body.account, entry.body.seq)
      const adopted = places.get(key)
      const id = entryIdOf(entry)
      if (adopted === undefined || adopted.entries.length < 2 || adopted.shown !== null) return false
      if (!adopted.entries.some((one) => entryIdOf(one) === id)) return false
      put(out, key, { ...adopted, shown: id })
      return true
    },
    release: (out, { account, seq }) => drop(out, keys.adopted(account, seq)),
    restore: ({ key, value }) => void places.set(key, decodeRecord(adoptedCodec, value, key)),
  }
}
