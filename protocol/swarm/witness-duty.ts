import type { PeerId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { anewEpochOf } from '../records/astray.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Roster } from './roster.ts'

/**
 * Whether this peer does a witness's duty (4.10). A witness whose votes may have been lost could sign a second
 * body for a place that it has forgotten, so it never signs a witness's statement again under its key: no vote,
 * promise, prepare, commit, seal or beacon, and no proposal in a witness's round. What it lost of certified
 * facts its peers give back to it; it stays a member, and asks to be replaced.
 */
export interface WitnessDuty {
  readonly active: boolean
  /** Its votes wait: an epoch change is under way, or this peer hasn't caught up with the end of the last epoch. */
  readonly stopped: boolean
  /** This peer hasn't all that the last epoch ended with. */
  readonly isBehind: boolean
  /**
   * It began its ledger anew after this epoch had ended (`records/astray`): of what it said in that one and earlier ones,
   * and what isn't an epoch's own, some is forgotten here. Undefined where nothing is.
   */
  readonly anewAfter: number | undefined
  readonly isLost: boolean
  /** When, in this process, the loss was found; undefined without one. */
  readonly lostMs: number | undefined
  restore(record: StoredRecord): boolean
  /** Votes may be lost: remembered for ever, in the same batch as whatever the event does. */
  lose(out: Outbox): void
}

/** What its votes wait for. */
interface Waits {
  readonly isStopped: () => boolean
  readonly isBehind: () => boolean
}

const NEVER: Waits = { isStopped: () => false, isBehind: () => false }

export function createWitnessDuty(
  self: PeerId,
  roster: Roster,
  { isStopped, isBehind }: Waits = NEVER,
): WitnessDuty {
  let lost = false
  let anewAfter: number | undefined
  let lostMs: number | undefined
  return {
    get active() {
      return !lost && roster.isWitness(self)
    },
    get stopped() {
      return isStopped()
    },
    get isBehind() {
      return isBehind()
    },
    get anewAfter() {
      return anewAfter
    },
    get isLost() {
      return lost
    },
    get lostMs() {
      return lostMs
    },
    restore({ key, value }) {
      if (key === keys.anew) {
        anewAfter = anewEpochOf(value)
        return true
      }
      if (key !== keys.amnesia) return false
      lost = true
      return true
    },
    lose(out) {
      lost = true
      lostMs = out.now
      out.write(keys.amnesia, new Uint8Array(0))
    },
  }
}
