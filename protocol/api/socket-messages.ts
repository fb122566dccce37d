import type { Job } from './job-schema.ts'
import type { NetworkStats } from './network-schema.ts'

/**
 * What a socket says. The first message is a snapshot; each later one replaces it as a whole, so a missed
 * one costs nothing. `seq` grows with every change, also across restarts of the server.
 */
export type JobMessage = {
  readonly type: 'snapshot' | 'update'
  readonly seq: number
  readonly job: Job
}

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
