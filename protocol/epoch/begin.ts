import { valueDigestOf } from '../agreement/messages.ts'
import { entryIdOf, type SignedEntry, placeOf } from '../ledger/entry.ts'
import type { Listed } from '../sync/closing/listed.ts'
import { headBehind } from '../sync/closing/trail.ts'
import type { Handover } from './messages.ts'

/** A decided handover, as the next epoch takes it over. */
export interface HandedOver extends Handover {
  /** What is still taken of the closed epoch: of several entries for a place none is, since several might be shown. */
  readonly listed: Listed
}

/** The same whatever this peer has settled already: it may be the only one that has (`records/astray`). */
export function handoverOf({ locks, prepared }: Handover): HandedOver {
  return {
    locks,
    prepared,
    listed: {
      entries: alone(locks).map(entryIdOf),
      decisions: prepared.map(({ certificate, value }) => ({
        instance: certificate.ballot.instance,
        value: valueDigestOf(value),
        head: headBehind(value),
      })),
    },
  }
}

function alone(locks: readonly SignedEntry[]): readonly SignedEntry[] {
  const places = new Map<string, SignedEntry[]>()
  for (const entry of locks) {
    const place = placeOf(entry.body)
    places.set(place, [...(places.get(place) ?? []), entry])
  }
  return [...places.values()].flatMap((entries) => (entries.length === 1 ? entries : []))
}
