import type { SyncFetch } from '../sync/messages.ts'
import { FETCHES_OWED, LIMITS, PIECES_OWED, SERVED_FACTS } from '../params.ts'
import { SPENDERS_MAX } from './budget.ts'

/** What a frame with one certificate costs: the frame, the owner's signature and the quorum's. */
const certificateUnits = (quorum: number): number => 2 + quorum

/** What one with a decision costs at most: a quorum's commits and promises, its seals, and the bids of an assignment. */
const decisionUnits = (quorum: number): number => 4 + 3 * quorum + LIMITS.bids

/** Most that the answers to one request cost; the last of them is empty. */
function unitsOf(fetch: SyncFetch, quorum: number): number {
  const { accounts, jobs, ids, resolved, trust, epoch } = fetch
  const links = accounts.length > 0 ? SERVED_FACTS : ids.length + resolved.length
  const chains = (jobs.length + ids.length) * (LIMITS.steps + 1)
  const periodic = (trust === null ? 0 : LIMITS.facts) + (epoch === null ? 0 : 1)
  const decisions = chains + ids.length + resolved.length + periodic
  const bounded = (facts: number) => Math.min(SERVED_FACTS, facts)
  return 1 + bounded(links) * certificateUnits(quorum) + bounded(decisions) * decisionUnits(quorum)
}

/**
 * Work that peers were asked for and still owe, in units. Facts that were asked for are bounded by what was asked, not
 * by a rate: a fast machine that levels up must not drop what it waits for. What is owed doesn't grow beyond
 * `FETCHES_OWED` requests, so nobody saves it up.
 */
export interface Credits extends Omit<Owed, 'add'> {
  add(peer: string, fetch: SyncFetch): void
}

export function createCredits(quorum: number): Credits {
  const owed = createOwed(FETCHES_OWED * SERVED_FACTS * decisionUnits(quorum))
  return { ...owed, add: (peer, fetch) => owed.add(peer, unitsOf(fetch, quorum)) }
}

/** What one piece of a handover costs at most: the frame, and all that one frame may have checked. */
export const PIECE_UNITS = 1 + LIMITS.signatureChecks

/** Pieces of handovers that a peer was asked for and still owes. */
export function createPieceCredits(): Owed {
  return createOwed(PIECES_OWED * PIECE_UNITS)
}

export interface Owed {
  add(peer: string, units: number): void
  left(peer: string): number
  spend(peer: string, units: number): void
}

function createOwed(max: number): Owed {
  const owed = new Map<string, number>()
  const left = (peer: string) => owed.get(peer) ?? 0

  function put(peer: string, units: number): void {
    owed.delete(peer)
    if (units > 0) owed.set(peer, units)
    const [oldest] = owed.keys()
    if (owed.size > SPENDERS_MAX && oldest !== undefined) owed.delete(oldest)
  }

  return {
    left,
    add: (peer, units) => put(peer, Math.min(max, left(peer) + units)),
    spend: (peer, units) => put(peer, left(peer) - units),
  }
}
