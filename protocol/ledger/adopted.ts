import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { type Infer, list, nullable, struct, uint } from '../encoding/codec.ts'
import type { AccountId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { type Certificate, certificateCodec } from './certificate.ts'
import type { Place } from './ledger.ts'
import { entryIdOf, type SignedEntry, signedEntry } from './entry.ts'
import { weightOf } from './lock-room.ts'

const adoptedCodec = struct({
  /** The closed epoch whose handover listed the place first; what its governance allowed may still be voted for. */
  epoch: uint(),
  /** By ascending id; several only where the owner signed several. */
  entries: list(signedEntry, { min: 1, max: LIMITS.witnesses }),
  /** Of several, the certificate of that epoch which this witness was shown first, to be shown to the others. */
  shown: nullable(certificateCodec),
})
export type Adopted = Infer<typeof adoptedCodec>

/**
 * What witnesses of a closed epoch were bound to at places that have no certificate yet (5.6). One of the entries listed
 * for a place may have a certificate that nobody here has seen. So a witness votes there for the only one, or else for
 * none: of several it takes the one whose certificate it is shown, once. It goes with the epoch, whose handover lists it
 * again where the place isn't settled. Until then it stays beside the place's own fact: a peer that alone came to that
 * one begins its ledger anew (`records/astray`), and then finds here what it may vote for.
 *
 * **Of which epoch a certificate must be that chooses among several.** Let e be the epoch whose handover listed the
 * place first. All later handovers list for it what that one did: each witness covers it, and judges that nothing else
 * of the place is (`Succession.isVotable`). So
 *
 * - of an epoch before e there is no certificate for the place: it would be within an earlier root, or listed earlier.
 *   Only keys that were stolen since can make one; such a one says nothing;
 * - in e at most one of them, A, has one, as in any epoch with few enough liars;
 * - of an epoch behind e there is one for A alone: its witnesses have voted for what they were shown of e, and only A
 *   can be shown. Whoever holds such a one has it from witnesses that hold A's of e, keep it over all later epochs, and
 *   bring it along with whatever they ask for A (`evidenceFor`). So it needn't count, and those who have stolen the keys
 *   of an epoch behind e can't choose either.
 *
 * Hence a certificate of e alone chooses. Who has stolen a quorum of e's keys since can make one for B, too; each witness
 * still votes for one of them, so no epoch certifies both, and neither is anybody's money before: what B so gains is the
 * place of a certificate of A that its holder never showed to any witness. No rule can do better: nothing tells the two
 * apart. A founder alone (n = 1) is bound to one entry at each place, so of an honest one's epoch none lists several, and
 * its stolen key can choose nowhere.
 *
 * Every peer keeps the places, not only witnesses: whoever is named later knows for each which handover was the first.
 */
export interface AdoptedPlaces {
  get(account: AccountId, seq: number): Adopted | undefined
  entries(): Iterable<SignedEntry>
  /** Of all of them together (`lock-room`). */
  readonly weight: number
  /** Takes over the list of the handover that closed `epoch`, in place of the one before. */
  replace(out: Outbox, entries: readonly SignedEntry[], epoch: number): void
  /** A certificate of a closed epoch: it says which of several this witness may vote for; true when it does. */
  show(out: Outbox, certificate: Certificate): boolean
  /** Whether an entry could be voted for as far as earlier epochs go: nothing else is where they list something. */
  allows(entry: SignedEntry): boolean
  /** What shows other witnesses that of several this entry may be voted for. */
  evidenceFor(entry: SignedEntry): Certificate | undefined
  /** What is listed for a place can't be certified any more: it builds on a head that a merge has replaced. */
  release(out: Outbox, place: Place): void
  restore(record: StoredRecord): void
}

/** The one entry that may be voted for at a place; undefined while none may. */
export function votable({ entries, shown }: Adopted): SignedEntry | undefined {
  const [only, ...others] = entries
  if (others.length === 0) return only
  const chosen = shown === null ? undefined : entryIdOf(shown.entry)
  return entries.find((entry) => entryIdOf(entry) === chosen)
}

function weightIn(adopted: Adopted | undefined): number {
  return (adopted?.entries ?? []).reduce((sum, entry) => sum + weightOf(entry), 0)
}

function isListed({ entries }: Adopted, entry: SignedEntry): boolean {
  const id = entryIdOf(entry)
  return entries.some((one) => entryIdOf(one) === id)
}

export function createAdoptedPlaces(): AdoptedPlaces {
  const places = new Map<string, Adopted>()
  let weight = 0
  const take = (key: string, adopted: Adopted) => {
    weight += weightIn(adopted) - weightIn(places.get(key))
    places.set(key, adopted)
  }
  const put = (out: Outbox, key: string, adopted: Adopted) => {
    take(key, adopted)
    out.write(key, encodeBody(adoptedCodec, adopted))
  }
  const drop = (out: Outbox, key: string) => {
    weight -= weightIn(places.get(key))
    if (places.delete(key)) out.write(key, null)
  }
  return {
    get: (account, seq) => places.get(keys.adopted(account, seq)),
    *entries() {
      for (const { entries } of places.values()) yield* entries
    },
    get weight() {
      return weight
    },
    replace(out, entries, epoch) {
      const before = new Map(places)
      for (const key of before.keys()) drop(out, key)
      const listed = new Map<string, SignedEntry[]>()
      for (const entry of entries) {
        const key = keys.adopted(entry.body.account, entry.body.seq)
        listed.set(key, [...(listed.get(key) ?? []), entry])
      }
      for (const [key, ofPlace] of listed)
        put(out, key, { epoch, shown: null, ...before.get(key), entries: ofPlace })
    },
    show(out, certificate) {
      const { account, seq } = certificate.entry.body
      const key = keys.adopted(account, seq)
      const adopted = places.get(key)
      if (adopted === undefined || adopted.entries.length < 2 || adopted.shown !== null) return false
      if (certificate.quorum.epoch !== adopted.epoch || !isListed(adopted, certificate.entry)) return false
      put(out, key, { ...adopted, shown: certificate })
      return true
    },
    allows(entry) {
      const adopted = places.get(keys.adopted(entry.body.account, entry.body.seq))
      return adopted === undefined || isListed(adopted, entry)
    },
    evidenceFor(entry) {
      const shown = places.get(keys.adopted(entry.body.account, entry.body.seq))?.shown ?? undefined
      return shown !== undefined && entryIdOf(shown.entry) === entryIdOf(entry) ? shown : undefined
    },
    release: (out, { account, seq }) => drop(out, keys.adopted(account, seq)),
    restore: ({ key, value }) => take(key, decodeRecord(adoptedCodec, value, key)),
  }
}
