import type { AccountId, JobId, PeerId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Heads } from './leaves.ts'
import { NO_FETCH, type SyncLeaves } from './messages.ts'

/** Chains asked for in one request; each gets at least four facts of the answer (`SERVED_FACTS`). */
const FETCHED_AT_ONCE = 128

/** Requests of one pull: enough for a million chains, and an end for one that a liar would never let end. */
const REQUESTS_MAX = 65_536

/** How often a chain is asked for that doesn't move: an answer to another request may pass for this one's. */
const TRIES_MAX = 2

interface Range {
  /** Newest entry or step that the other side has. */
  readonly upTo: number
  /** The next one here. */
  readonly from: number
  /** Answers so far that didn't move `from`. */
  readonly tries: number
}

/** A chain that the other side is further along. */
type Want = Range &
  (
    | { readonly type: 'account'; readonly account: AccountId }
    | { readonly type: 'job'; readonly job: JobId }
    /** Position 0 is its decision, position 1 the certificate of the branch that surfaced. */
    | { readonly type: 'resolved'; readonly account: AccountId; readonly number: number }
    | { readonly type: 'trust' }
  )

/** Fetches what one other peer has and this one lacks, a request at a time, so that neither side is flooded. */
export interface Pull {
  readonly peer: PeerId
  /** Sends the next request; false when nothing is left to ask. */
  next(out: Outbox): boolean
  /** False when no leaves were asked for. */
  onLeaves(leaves: SyncLeaves): boolean
  /** An answer to a `sync-fetch` is complete; false when this pull awaits none. */
  onFetched(): boolean
  /** The last request wasn't answered and will be the next one; false when none was made. */
  onBusy(): boolean
}

const START: Range = { upTo: 0, from: -1, tries: 0 }

export function createPull(peer: PeerId, heads: Heads, differing: readonly number[]): Pull {
  let buckets = differing
  let after = ''
  let wants: readonly Want[] = []
  let asked: readonly Want[] = []
  let awaitsLeaves = false
  let requests = 0

  /** How far this peer is along a wanted chain: its next entry or step. */
  const positionOf = (want: Want): number => {
    if (want.type === 'account') return heads.nextSeq(want.account)
    if (want.type === 'trust') return heads.trust() + 1
    if (want.type === 'job') return (heads.jobStep(want.job) ?? -1) + 1
    const known = heads.resolved(want.account, want.number)
    return known === undefined ? 0 : known.surfaced === null ? 1 : 2
  }

  const current = (want: Want): readonly Want[] => {
    const from = positionOf(want)
    return from > want.upTo ? [] : [{ ...want, from, tries: from > want.from ? 0 : want.tries }]
  }

  return {
    peer,
    next(out) {
      requests += 1
      if (requests > REQUESTS_MAX) return false
      asked = wants.slice(0, FETCHED_AT_ONCE).flatMap(current)
      wants = wants.slice(FETCHED_AT_ONCE)
      if (asked.length > 0) {
        const accounts = asked.flatMap((want) => (want.type === 'account' ? [want] : []))
        const jobs = asked.flatMap((want) => (want.type === 'job' ? [want] : []))
        const resolved = asked.flatMap((want) => (want.type === 'resolved' ? [want] : []))
        const trust = asked.find(({ type }) => type === 'trust')?.from ?? null
        out.send(peer, 'sync-fetch', { ...NO_FETCH, accounts, jobs, resolved, trust })
      } else if (wants.length > 0) return this.next(out)
      else if (buckets.length > 0) {
        awaitsLeaves = true
        out.send(peer, 'sync-leaves-request', { buckets, after })
      } else return false
      return true
    },
    onLeaves(leaves) {
      if (!awaitsLeaves) return false
      awaitsLeaves = false
      // An answer that ends no bucket and moves nowhere would only be repeated.
      const stuck = leaves.buckets.length === 0 && leaves.after === after
      const ended = new Set(leaves.buckets)
      buckets = stuck ? [] : buckets.filter((bucket) => !ended.has(bucket))
      after = leaves.after
      const accounts = leaves.accounts.map(
        ({ account, seq }): Want => ({ ...START, type: 'account', account, upTo: seq }),
      )
      const jobs = leaves.jobs.map(({ job, step }): Want => ({ ...START, type: 'job', job, upTo: step }))
      const resolved = leaves.resolved.map(
        ({ account, number, surfaced }): Want => ({
          ...START,
          type: 'resolved',
          account,
          number,
          upTo: surfaced ? 1 : 0,
        }),
      )
      const trust: readonly Want[] =
        leaves.trust === null ? [] : [{ ...START, type: 'trust', upTo: leaves.trust }]
      wants = [...trust, ...accounts, ...jobs, ...resolved].flatMap(current)
      return true
    },
    onFetched() {
      if (asked.length === 0) return false
      // A closed chain that was followed to its end is asked for once more from where this peer stands.
      const moved = asked.filter((want) => positionOf(want) !== want.from)
      // The others may wait for facts of chains not fetched yet; what stays away is left to a later pull.
      const stayed = asked
        .filter((want) => positionOf(want) === want.from && want.tries + 1 < TRIES_MAX)
        .map((want): Want => ({ ...want, tries: want.tries + 1 }))
      wants = [...moved.flatMap(current), ...wants, ...stayed]
      asked = []
      return true
    },
    onBusy() {
      const refused = asked.length > 0 || awaitsLeaves
      wants = [...asked, ...wants]
      asked = []
      awaitsLeaves = false
      return refused
    },
  }
}
