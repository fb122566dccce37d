import type { JobRecord } from '../../protocol/jobs/record.ts'
import { poll } from '../swarm/poll.ts'
import type { DrivenProcess } from './driven-process.ts'
import { plainRequest } from '../../protocol/jobs/plain-request.ts'

const WAIT_MS = 60_000
const PROMPT =
  'Summarise: The Rhine flows 1,230 km from the Alps to the North Sea. It passes Basel and Cologne.'

/** Has a peer pay for a job and waits for its end. */
export async function runJob(peer: DrivenProcess, replicas: number): Promise<JobRecord> {
  const prompt = await peer.putBlob(new TextEncoder().encode(PROMPT))
  const request = plainRequest(prompt, replicas)
  const result = await peer.command({ type: 'submit-job', request })
  if (!result.ok || result.type !== 'job') {
    throw new Error(`the job was refused: ${result.ok ? result.type : result.code}`)
  }
  const closed = await poll(
    async () => {
      const record = await peer.record(result.job)
      return record?.closedMs === null ? undefined : record
    },
    { timeoutMs: WAIT_MS },
  )
  if (closed === undefined) throw new Error('the job was never closed')
  return closed
}
