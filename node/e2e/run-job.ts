import type { JobId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import type { JobRequest } from '../../protocol/peer/command.ts'
import { poll } from '../swarm/poll.ts'
import type { DrivenProcess } from './driven-process.ts'
import { plainRequest } from '../../protocol/jobs/plain-request.ts'

const WAIT_MS = 60_000
const PROMPT =
  'Summarise: The Rhine flows 1,230 km from the Alps to the North Sea. It passes Basel and Cologne.'

/** The job's id, or the name that its record is found by once it is opened. */
export async function submitted(peer: Pick<DrivenProcess, 'command'>, request: JobRequest): Promise<JobId> {
  const result = await peer.command({ type: 'submit-job', request })
  if (result.ok && result.type === 'job') return result.job
  if (result.ok && result.type === 'queued') return result.ticket
  throw new Error(`the job was refused: ${result.ok ? result.type : result.code}`)
}

/** The id of a submission's job, once it is opened. */
export async function opened(peer: Pick<DrivenProcess, 'record'>, submission: JobId): Promise<JobId> {
  const record = await poll(() => peer.record(submission), { timeoutMs: WAIT_MS })
  if (record === undefined) throw new Error('the submission was never opened')
  return record.job
}

/** Has a peer pay for a job and waits for its end. */
export async function runJob(peer: DrivenProcess, replicas: number): Promise<JobRecord> {
  const prompt = await peer.putBlob(new TextEncoder().encode(PROMPT))
  const request = plainRequest(prompt, replicas)
  const job = await submitted(peer, request)
  const closed = await poll(
    async () => {
      const record = await peer.record(job)
      return record?.closedMs === null ? undefined : record
    },
    { timeoutMs: WAIT_MS },
  )
  if (closed === undefined) throw new Error('the job was never closed')
  return closed
}
