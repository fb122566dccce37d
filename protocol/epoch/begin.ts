import { valueDigestOf } from '../agreement/messages.ts'
import type { InstanceId } from '../ids.ts'
import { entryIdOf, type SignedEntry } from '../ledger/entry.ts'
import type { Listed } from '../sync/closing/listed.ts'
import { headBehind } from '../sync/closing/trail.ts'
import type { Handover } from './messages.ts'

/** A decided handover, as the next epoch takes it over. */
export interface HandedOver extends Handover {
  /** What is still taken of the closed epoch: of several entries for a place none is, since several might be shown. */
  readonly listed: Listed
}

/** What is settled here already is left out; a peer that is behind has it settled later. */
export function handoverOf(
  { locks, prepared }: Handover,
  isDecided: (instance: InstanceId) => boolean,
): HandedOver {
  return {
    locks,
    prepared: prepared.filter(({ certificate }) => !isDecided(certificate.ballot.instance)),
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
    const place = `${entry.body.account}/${entry.body.seq}`
    places.set(place, [...(places.get(place) ?? []), entry])
  }
  return [...places.values()].flatMap((entries) => (entries.length === 1 ? entries : []))
}
