import { joinSentence } from '../../protocol/swarm/join-sentences.ts'
import type { JoinRefusal } from '../../protocol/swarm/join-refusals.ts'

/**
 * - `text`: it is no invitation, or was copied badly.
 * - `other_swarm`: the data folder belongs to another swarm.
 * - `refused`: a member said why not.
 * - `unreachable`: no member of the invitation answers.
 * - `undecided`: members answer, but too few witnesses, or they are behind the swarm; the next start goes on with it.
 * - `untrusted`: what a member answered can't be what the invitation names.
 */
export type JoinErrorCode = 'text' | 'other_swarm' | 'refused' | 'unreachable' | 'undecided' | 'untrusted'

/** This peer can't join, or not yet. The message is one sentence: what, why and what to do. */
export class JoinError extends Error {
  readonly code: `join_${JoinErrorCode}`
  /** What a member, or this peer in its place, holds against the join. */
  readonly refusal: JoinRefusal | undefined

  constructor(code: JoinErrorCode, message: string, refusal?: JoinRefusal) {
    super(message)
    this.name = 'JoinError'
    this.code = `join_${code}`
    this.refusal = refusal
  }
}

export function refusedJoin(code: JoinRefusal, more = ''): JoinError {
  return new JoinError('refused', `Not joined: ${joinSentence(code)}${more}.`, code)
}
