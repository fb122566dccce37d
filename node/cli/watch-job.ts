import { setTimeout as pause } from 'node:timers/promises'
import type { Job } from '../../protocol/api/job-schema.ts'
import type { ResetMessage, TokensMessage } from '../../protocol/api/socket-messages.ts'
import type { PeerClient } from './api.ts'
import { CommandError } from './output.ts'

/** Between two looks when the socket can't be had: a person sees no difference. */
const LOOK_MS = 250
/** A killed peer is back within a few seconds, also on a busy machine. */
const AWAY_MS_MAX = 20_000
const TERMINAL: ReadonlySet<Job['status']> = new Set(['completed', 'unresolved', 'void'])

/** What a job's socket tells of an answer while it is made. */
export type AnswerNews = TokensMessage | ResetMessage

interface Watcher {
  readonly onChange: (job: Job) => void
  readonly onAnswer?: ((news: AnswerNews) => void) | undefined
}

/** Follows a job until it has ended, over the peer's socket; where that breaks, by asking again. */
export async function watchJob(
  client: PeerClient,
  id: string,
  onChange: (job: Job) => void,
  onAnswer?: (news: AnswerNews) => void,
): Promise<Job> {
  let heardMs = performance.now()
  let watched = id
  for (;;) {
    const seen =
      (await follow(client.socketUrl('watchJob', { id: watched }), { onChange, onAnswer })) ??
      (await look(client, watched, heardMs))
    if (seen !== undefined) {
      heardMs = performance.now()
      onChange(seen)
      // One that found no free node goes on under another id, and so does one that waited.
      if (TERMINAL.has(seen.status) && seen.continued_as === null) return seen
      watched = seen.continued_as ?? seen.id
    }
    await pause(LOOK_MS)
  }
}

/** The job as the peer shows it; undefined while the peer is away, which it may be for as long as a restart takes. */
async function look(client: PeerClient, id: string, heardMs: number): Promise<Job | undefined> {
  try {
    return await client.getJob({ params: { id } })
  } catch (error) {
    const isAway = error instanceof CommandError && performance.now() - heardMs < AWAY_MS_MAX
    if (!isAway) throw error
    return undefined
  }
}

/** The newest state that the socket told before the job ended or the socket closed. */
function follow(url: string, { onChange, onAnswer }: Watcher): Promise<Job | undefined> {
  const { promise, resolve } = Promise.withResolvers<Job | undefined>()
  const socket = new WebSocket(url)
  let newest: Job | undefined
  socket.addEventListener('message', ({ data }) => {
    const message: unknown = JSON.parse(String(data))
    const job = jobIn(message)
    if (job === undefined) return tellAnswer(message, onAnswer)
    newest = job
    onChange(job)
    if (TERMINAL.has(job.status)) socket.close()
  })
  socket.addEventListener('close', () => resolve(newest))
  socket.addEventListener('error', () => resolve(newest))
  return promise
}

function tellAnswer(message: unknown, onAnswer: Watcher['onAnswer']): void {
  if (typeof message !== 'object' || message === null || !('type' in message)) return
  if (message.type === 'tokens' || message.type === 'reset') onAnswer?.(message as AnswerNews)
}

function jobIn(message: unknown): Job | undefined {
  if (typeof message !== 'object' || message === null || !('job' in message)) return undefined
  // The peer at this address was chosen by the user; its answers are shown, and nothing rests on them.
  return message.job as Job
}
