import type { JobId } from '../../protocol/ids.ts'
import type { JobRecord, TimelineEvent } from '../../protocol/jobs/record.ts'
import type { Daemon } from '../daemon.ts'
import { plainRequest } from '../e2e/plain-request.ts'
import type { BenchSwarm } from './bench-swarm.ts'
import { figures } from './percentiles.ts'

const PROMPT =
  'Summarise: Bees pollinate most crops. Without bees many crops fail. Farmers therefore protect bees.'

/** One job after another, so that each is measured unloaded. */
export async function benchJobs({ peers }: BenchSwarm, count: number): Promise<readonly string[]> {
  const assigned: number[] = []
  const completed: number[] = []
  const overhead: number[] = []
  for (let at = 0; at < count; at += 1) {
    const peer = peers[at % peers.length]
    if (peer === undefined) throw new RangeError('no peers')
    const startedMs = performance.now()
    const submittedMs = peer.now()
    const record = await runJob(peer, at)
    const totalMs = performance.now() - startedMs
    completed.push(totalMs)
    assigned.push(momentOf(record, 'assigned') - submittedMs)
    overhead.push(totalMs - runMs(record))
  }
  return [
    `submit -> assigned    ${figures(assigned)}   (bar: p50 <= 150 ms, p99 <= 500 ms)`,
    `submit -> completed   ${figures(completed)}`,
    `job overhead, R = 3   ${figures(overhead)}   (bar: p50 <= 300 ms)`,
  ]
}

/** Completes with the closed record as the steward has it. */
async function runJob(peer: Daemon, number: number): Promise<JobRecord> {
  const prompt = await peer.putBlob(new TextEncoder().encode(`${PROMPT} Number ${number}.`))
  const request = plainRequest(prompt, 3, 1)
  const result = await peer.command({ type: 'submit-job', request })
  if (!result.ok || result.type !== 'job')
    throw new Error(result.ok ? 'not a job' : `${result.code}: ${result.detail}`)
  return closedRecord(peer, result.job)
}

function closedRecord(peer: Daemon, job: JobId): Promise<JobRecord> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (peer.view.job(job) !== undefined) return
      end()
      peer
        .record(job)
        .then(
          (record) => (record === undefined ? reject(new Error('the record is gone')) : resolve(record)),
          reject,
        )
    }
    const end = peer.subscribe((changed) => {
      if (changed === job) look()
    })
    look()
  })
}

function momentOf({ timeline }: JobRecord, phase: TimelineEvent['phase']): number {
  return timeline.find((event) => event.phase === phase)?.atMs ?? Number.NaN
}

/** Time that the slowest runner took: first start to last commit less what is the protocol's. */
function runMs(record: JobRecord): number {
  const started = record.timeline.filter(({ phase }) => phase === 'started').map(({ atMs }) => atMs)
  const committed = record.timeline.filter(({ phase }) => phase === 'committed').map(({ atMs }) => atMs)
  return started.length === 0 || committed.length === 0
    ? 0
    : Math.max(0, Math.min(...committed) - Math.max(...started))
}
