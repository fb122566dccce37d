import { decodeRecord } from '../../protocol/encoding/body.ts'
import { jobMetaCodec } from '../../protocol/jobs/ticket.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { CreateChecker } from './checker.ts'
import { openOf } from './ledger-replay.ts'
import type { Records } from './records.ts'
import type { StoredDecision } from './stored-facts.ts'

/**
 * A submission is opened once: of the jobs that its payer's disk has under its name all but one are void, and one was opened
 * again only for one that is. How a job ended is taken from any disk: a peer that began anew has forgotten it.
 */
export const createOpenedOnceChecker: CreateChecker = (facts, report) => {
  const voids = new Set<string>()
  return {
    examine(peers) {
      for (const { records } of peers)
        for (const [job, decisions] of facts.read(records).jobs) if (isVoid(decisions)) voids.add(job)
      for (const { peer, records } of peers) {
        if (!facts.correct.has(peer)) continue
        const stored = facts.read(records)
        for (const [name, jobs] of jobsByName(records)) {
          if (jobs.length < 2) continue
          const others = jobs.filter((job) => !voids.has(job))
          if (others.length > 1) report(`submission ${name} of ${peer} was opened as ${others.join(' and ')}`)
          for (const job of jobs) {
            const before = openOf(stored, job)?.spec.retryOf
            if (typeof before === 'string' && jobs.includes(before) && !voids.has(before))
              report(`job ${job} was opened for ${before}, which isn't void`)
          }
        }
      }
    },
  }
}

function isVoid(decisions: readonly StoredDecision[]): boolean {
  return decisions.at(-1)?.value.type === 'void'
}

function jobsByName(records: Records): ReadonlyMap<string, readonly string[]> {
  const jobs = new Map<string, string[]>()
  for (const [key, value] of records) {
    if (!key.startsWith(PREFIXES.meta)) continue
    const { name } = decodeRecord(jobMetaCodec, value, key)
    jobs.set(name, [...(jobs.get(name) ?? []), key.slice(PREFIXES.meta.length)])
  }
  return jobs
}
