import type { Signer } from '../crypto/signer.ts'
import { sign } from '../encoding/signed.ts'
import type { AccountId, EntryId, JobId, PeerId, SwarmId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { ANNOUNCE, type Announcement } from '../ledger/messages.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Heads } from './leaves.ts'
import type { SyncFetch } from './messages.ts'

const TIMER = 'sync/announce'

/** Five announcements a second and peer (3); by then facts sent directly have arrived, and aren't fetched again. */
const ANNOUNCE_MS = 200

/** Announcements kept for later ones when more is certified than one can name; beyond, the oldest is dropped. */
export const QUEUED_MAX = 1_024

/** Gossip about what this peer saw certified or decided first. Always a hint: sync brings what a lost one named. */
export interface Announcer {
  entry(out: Outbox, entry: Announcement['entries'][number]): void
  job(out: Outbox, job: { readonly job: JobId; readonly step: number }): void
  trust(out: Outbox, number: number): void
  onTimer(out: Outbox, id: string): boolean
}

export function createAnnouncer(signer: Signer, swarm: SwarmId): Announcer {
  const entries: { account: AccountId; seq: number; entry: EntryId }[] = []
  const jobs: { job: JobId; step: number }[] = []
  let trust: number | null = null

  const isIdle = () => entries.length + jobs.length === 0 && trust === null

  function queue<T>(out: Outbox, items: T[], item: T): void {
    if (isIdle()) out.timer(TIMER, ANNOUNCE_MS)
    if (items.length >= QUEUED_MAX) items.shift()
    items.push(item)
  }

  return {
    entry: (out, entry) => queue(out, entries, entry),
    job: (out, job) => queue(out, jobs, job),
    trust(out, number) {
      if (isIdle()) out.timer(TIMER, ANNOUNCE_MS)
      trust = Math.max(trust ?? 0, number)
    },
    onTimer(out, id) {
      if (id !== TIMER) return false
      const [someEntries, someJobs] = [entries.splice(0, LIMITS.announced), jobs.splice(0, LIMITS.announced)]
      out.publish('announce', sign(signer, swarm, ANNOUNCE, { entries: someEntries, jobs: someJobs, trust }))
      trust = null
      if (!isIdle()) out.timer(TIMER, ANNOUNCE_MS)
      return true
    },
  }
}

/**
 * Asks for what an announcement names and this peer lacks: whoever announced has it, and where there is no
 * connection to it the forwarder, who fetched it or is about to.
 */
export function fetchAnnounced(
  out: Outbox,
  { from, signer, body }: MessageOf<'announce'>,
  { heads, isConnected }: { readonly heads: Heads; readonly isConnected: (peer: PeerId) => boolean },
): void {
  const fetch = lackedOf(body, heads)
  if (fetch.accounts.length + fetch.jobs.length === 0 && fetch.trust === null) return
  out.send(isConnected(signer) ? signer : from, 'sync-fetch', fetch)
}

function lackedOf({ entries, jobs, trust }: Announcement, heads: Heads): SyncFetch {
  const accounts = new Set(
    entries.filter(({ account, seq }) => seq >= heads.nextSeq(account)).map((one) => one.account),
  )
  const steps = new Map(jobs.map(({ job }) => [job, (heads.jobStep(job) ?? -1) + 1]))
  const lacked = jobs.filter(({ job, step }) => step >= (steps.get(job) ?? 0)).map(({ job }) => job)
  return {
    accounts: [...accounts]
      .slice(0, LIMITS.fetched)
      .map((account) => ({ account, from: heads.nextSeq(account) })),
    jobs: [...new Set(lacked)].slice(0, LIMITS.fetched).map((job) => ({ job, from: steps.get(job) ?? 0 })),
    ids: [],
    resolved: [],
    trust: trust !== null && trust > heads.trust() ? heads.trust() + 1 : null,
  }
}
