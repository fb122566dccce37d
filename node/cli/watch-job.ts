import { setTimeout as pause } from 'node:timers/promises'
import type { Job } from '../../protocol/api/job-schema.ts'
import type { PeerClient } from './api.ts'

/** Between two looks when the socket can't be had: a person sees no difference. */
const LOOK_MS = 250
const TERMINAL: ReadonlySet<Job['status']> = new Set(['completed', 'unresolved', 'void'])

/** Follows a job until it has ended, over the peer's socket; where that breaks, by asking again. */
export async function watchJob(client: PeerClient, id: string, onChange: (job: Job) => void): Promise<Job> {
  for (;;) {
    const seen = await follow(client.socketUrl('watchJob', { id }), onChange)
    if (seen !== undefined && TERMINAL.has(seen.status)) return seen
    const job = await client.getJob({ params: { id } })
    onChange(job)
    if (TERMINAL.has(job.status)) return job
    await pause(LOOK_MS)
  }
}

/** The newest state that the socket told before the job ended or the socket closed. */
function follow(url: string, onChange: (job: Job) => void): Promise<Job | undefined> {
  const { promise, resolve } = Promise.withResolvers<Job | undefined>()
  const socket = new WebSocket(url)
  let newest: Job | undefined
  socket.addEventListener('message', ({ data }) => {
    const job = jobIn(String(data))
    if (job === undefined) return
    newest = job
    onChange(job)
    if (TERMINAL.has(job.status)) socket.close()
  })
  socket.addEventListener('close', () => resolve(newest))
  socket.addEventListener('error', () => resolve(newest))
  return promise
}

function jobIn(text: string): Job | undefined {
  const message: unknown = JSON.parse(text)
  if (typeof message !== 'object' || message === null || !('job' in message)) return undefined
  // The peer at this address was chosen by the user; its answers are shown, and nothing rests on them.
  return message.job as Job
}
