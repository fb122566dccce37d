import { HANDOVER_PART, LIMITS, OUTPUT_MIN } from '../params.ts'
import { totalsOf } from './apply.ts'
import type { Entry, SignedEntry } from './entry.ts'

/** A part that is full holds as much at least: what didn't fit any more was one entry. */
const FULL_BYTES = HANDOVER_PART.bytes - LIMITS.entryBytes - HANDOVER_PART.entryBytes
/** Parts for what witnesses are bound to. The rest is for prepared values, and for what operators and minters signed. */
const PARTS = (LIMITS.handoverParts / 4) * 3
/** Of one witness, however few there are: 360 MB, which is what its memory has to hold. */
const PARTS_MAX = 1_024
/** In the last half of its room a place takes twice as much from one step to the next: 0.01 to 655 credits. */
const STEPS = 16

/**
 * What an entry takes of the parts of a handover, in bytes of full ones: cut by `epoch/pieces`, entries have no more parts
 * than their weights' sum has `FULL_BYTES`, and one. Each part but the last is full, or has `entriesMin` entries.
 */
export function weightOf({ bytes }: Pick<SignedEntry, 'bytes'>): number {
  return bytes.length + HANDOVER_PART.entryBytes + Math.ceil(FULL_BYTES / HANDOVER_PART.entriesMin)
}

/** How much one of so many witnesses binds itself to at places without a certificate. */
export function lockRoom(witnesses: number): number {
  return Math.min(PARTS_MAX, Math.floor(PARTS / witnesses)) * FULL_BYTES
}

/**
 * The units that an account must have for a witness to bind itself to an entry of it, where so much of its room is used
 * with that entry; undefined where none suffice.
 *
 * **Why.** Who signs several entries for one place, and shows witnesses different ones, has places without a certificate
 * for ever. A list of a handover has room for 16,384 parts: without a bound one owner of a few hundred credits, divided
 * among as many accounts as it takes, would fill more than that, nobody could propose an epoch any more, and the minds
 * would have gigabytes to hold. All witnesses' rooms together are three quarters of a list, so an epoch can always be
 * proposed. Half of each is for everybody; in the other half whoever wants the place of others must have ever more credits in
 * each account, and these are bound as well: millions to fill it. So who has some is still served, and who has none waits.
 */
export function fundsNeeded(used: number, witnesses: number): bigint | undefined {
  const room = lockRoom(witnesses)
  if (2 * used <= room) return 0n
  if (used > room) return undefined
  return OUTPUT_MIN << BigInt(Math.floor((STEPS * (2 * used - room)) / room))
}

/** Whether a witness binds itself to a valid entry now; what operators and minters have signed isn't anybody's to make. */
export function hasRoomFor(body: Entry, used: number, witnesses: number): boolean {
  if (body.ops.some(({ type }) => type === 'join' || type === 'revoke' || type === 'mint')) return true
  const needed = fundsNeeded(used, witnesses)
  return needed !== undefined && body.free + totalsOf(body).spent >= needed
}
