import type { JobId, PeerId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import type { TokenStreams } from './token-streams.ts'

/** Whether a peer may read an answer while it is made: the payer, whose question it is, and the steward, which acts for it. */
export function mayReadAlong({ account, spec }: Pick<JobRecord, 'account' | 'spec'>, peer: PeerId): boolean {
  return peer === account || peer === spec.steward
}

/**
 * Gives an answer that is being made here to those who may read it, and to nobody once the job is over: then it is a body like
 * others (`serving.ts`).
 */
export function createTokenServing(view: Pick<PeerView, 'job'>, answers: Pick<TokenStreams, 'read'>) {
  return (to: PeerId, job: JobId, signal: AbortSignal): AsyncIterable<Uint8Array> | undefined => {
    const record = view.job(job)
    const isOver = record === undefined || record.closedMs !== null
    return !isOver && mayReadAlong(record, to) ? answers.read(job, signal) : undefined
  }
}
