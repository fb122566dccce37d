import type { Outbox } from '../peer/outbox.ts'
import { votable } from './adopted.ts'
import type { Certificate } from './certificate.ts'
import type { Driver } from './driver.ts'
import { entryIdOf, type SignedEntry } from './entry.ts'
import type { Recovery } from './recovery.ts'
import type { ResolutionPart } from './resolution-part.ts'
import { validityOf } from './resolve-rules.ts'
import { rightsRefusal } from './validate.ts'
import type { WitnessParts } from './witness.ts'

/** What passes from one epoch's ledger to the next one's (5.6). */
export interface Succession {
  /** What this witness drives of what an earlier epoch listed: whoever did may be gone. */
  driven(): readonly SignedEntry[]
  /** What the next epoch must know: entries at places without a certificate that may have one all the same. */
  bound(): readonly SignedEntry[]
  /**
   * Whether an entry is its owner's and the epoch's witnesses may have voted for it; where an earlier epoch listed some, it
   * is one of them, and that epoch's may have. Dates and revoked tokens aren't asked: an honest vote may be older.
   */
  isVotable(entry: SignedEntry): boolean
  /** The epoch whose handover listed an entry's place first; undefined where none lists it. */
  listedSince(entry: SignedEntry): number | undefined
  /** In the batch that begins an epoch: adopts what the handover lists, and asks for everything in flight anew. */
  beginEpoch(out: Outbox, handover: { readonly locks: readonly SignedEntry[]; readonly closed: number }): void
  /** A closed epoch's certificate that isn't applied: of several entries it may say which one to vote for. */
  show(out: Outbox, certificate: Certificate): boolean
}

interface SuccessionParts
  extends Pick<WitnessParts, 'roster' | 'duty' | 'accounts' | 'outputs' | 'locks' | 'adopted' | 'nudge'> {
  readonly driver: Driver
  readonly recovery: Recovery
  readonly resolution: ResolutionPart
}

export function createSuccession(parts: SuccessionParts): Succession {
  const { duty, locks, adopted, nudge, driver, recovery, resolution } = parts

  const isOpen = ({ body }: SignedEntry) => parts.accounts.get(body.account).seq <= body.seq

  const listedSince = ({ body }: SignedEntry) => adopted.get(body.account, body.seq)?.epoch

  function driven(): readonly SignedEntry[] {
    if (!duty.active) return []
    return [...adopted.entries()].filter(isOpen).filter(({ body }) => {
      const place = adopted.get(body.account, body.seq)
      return place !== undefined && votable(place)?.body === body
    })
  }

  return {
    driven,
    bound() {
      const entries = [
        ...[...locks.all()].map(({ entry }) => entry),
        ...[...adopted.entries()].filter(isOpen),
      ]
      return [...new Map(entries.map((entry) => [entryIdOf(entry), entry])).values()]
    },
    listedSince,
    isVotable(entry) {
      const since = listedSince(entry) ?? parts.roster.epoch.number
      return (
        adopted.allows(entry) &&
        rightsRefusal(entry.body, parts.roster, since) === undefined &&
        validityOf(parts, entry).status === 'valid'
      )
    },
    beginEpoch(out, handover) {
      locks.clear(out)
      adopted.replace(out, handover.locks, handover.closed)
      nudge.restart(out, driven())
      driver.restart(out)
      recovery.restart(out)
      resolution.restart(out)
    },
    show(out, certificate) {
      const isShown = adopted.show(out, certificate)
      if (isShown && duty.active && isOpen(certificate.entry)) driver.drive(out, certificate.entry)
      return isShown
    },
  }
}
