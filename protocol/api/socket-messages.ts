import type { Job } from './job-schema.ts'
import type { NetworkStats } from './network-schema.ts'

/**
 * What a socket says of its subject. The first such message is a snapshot; each later one replaces it as a whole, so a missed
 * one costs nothing. `seq` grows with every change, also across restarts of the server.
 */
export type JobMessage = {
  readonly type: 'snapshot' | 'update'
  readonly seq: number
  readonly job: Job
}

/**
 * An answer while it is made, told by the peer that pays for the job or stewards it, to be taken for what it is: one node's
 * word, before anything is compared. `text` goes where the text so far has `at` UTF-16 units, in place of what is there. It
 * has no number: whoever comes back is told it from the beginning.
 */
export type TokensMessage = {
  readonly type: 'tokens'
  /** 0: the node elected; i: its i-th standby. */
  readonly rank: number
  readonly at: number
  readonly text: string
}

/** The node of another rank has taken over: the text begins anew. */
export type ResetMessage = { readonly type: 'reset'; readonly rank: number }

/** The slot whose answer is told while it is made. */
export const TOLD_SLOT = 0

export type NetworkMessage = {
  readonly type: 'snapshot' | 'update'
  readonly seq: number
  readonly stats: NetworkStats
}

/** Why the server closed a socket; reconnecting helps where `retry` says so. */
export const SOCKET_CLOSE = {
  goingAway: { code: 1001, reason: 'the server stops', retry: true },
  failed: { code: 1011, reason: 'the server failed', retry: true },
  jobNotFound: { code: 4404, reason: 'job_not_found', retry: false },
  tooSlow: { code: 4408, reason: 'too_slow', retry: true },
} as const
export type SocketClose = keyof typeof SOCKET_CLOSE
