import type { SwarmId } from '../../protocol/ids.ts'
import { joinSentence } from '../../protocol/swarm/join-sentences.ts'
import type { JoinRefusal } from '../../protocol/swarm/join-refusals.ts'

/**
 * - `text`: it is no invitation, or was copied badly.
 * - `member_already`: this peer is a member of that swarm, by another way than this invitation.
 * - `other_swarm`: the data folder belongs to another swarm.
 * - `refused`: a member said why not.
 * - `unreachable`: no member of the invitation answers.
 * - `undecided`: members answer, but too few witnesses, or they are behind the swarm; the next start goes on with it.
 * - `interrupted`: whoever began it ended it; the next start goes on with it.
 * - `untrusted`: what a member answered can't be what the invitation names.
 */
export type JoinErrorCode =
  | 'text'
  | 'member_already'
  | 'other_swarm'
  | 'refused'
  | 'unreachable'
  | 'undecided'
  | 'interrupted'
  | 'untrusted'

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

/** Where an invitation that may never work is kept. */
export const WAYS_OUT =
  'To give it up, name another invitation with "hyperlooms up --join", or run "hyperlooms reset".'

interface OwnSwarm {
  readonly name: string
  readonly swarm: SwarmId
}

/** Not one that fails for everybody: whoever only wants the peer to run may go on. */
export class AlreadyMember extends JoinError {
  readonly own: OwnSwarm

  constructor(root: string, own: OwnSwarm) {
    const message = `The peer in ${root} is a member of the swarm "${own.name}" (${own.swarm}) already, by another way than this invitation: nothing was changed. Name another folder with --data, or pass --yes to redeem it all the same: its label and this peer's are one vote from then on, for good.`
    super('member_already', message)
    this.own = own
  }
}

/** The folder's own swarm and the one of the invitation. */
export function ofOtherSwarm(root: string, own: OwnSwarm, invited: SwarmId): JoinError {
  const message =
    `The data folder ${root} belongs to the swarm "${own.name}" (${own.swarm}), and the invitation is for ${invited}: ` +
    'name another folder with --data, or leave that swarm with "hyperlooms reset" first.'
  return new JoinError('other_swarm', message)
}

export function foreign(addresses: readonly string[], swarm: SwarmId): JoinError {
  const message = `Not joined: the peers at ${addresses.join(', ')} answer, and belong to another swarm than ${swarm}, which this invitation is for. It is kept. ${WAYS_OUT}`
  return new JoinError('untrusted', message)
}

export function refusedJoin(code: JoinRefusal, more = ''): JoinError {
  return new JoinError('refused', `Not joined: ${joinSentence(code)}${more}.`, code)
}

export function unreachable(addresses: readonly string[]): JoinError {
  const where =
    addresses.length === 0 ? 'The invitation names no address' : `Nobody answers at ${addresses.join(', ')}`
  return new JoinError(
    'unreachable',
    `Not joined yet: ${where}. Is one of these peers running and reachable from here? It is kept: "hyperlooms up" on the same data folder tries again. ${WAYS_OUT}`,
  )
}

export function behind(known: number, needed: number): JoinError {
  return new JoinError(
    'undecided',
    `Not joined yet: the members that answer are behind the swarm. They know its epochs up to ${known}, and this invitation is of epoch ${needed}. It is kept, and "hyperlooms up" goes on with it once they have caught up.`,
  )
}

/** A refusal that others don't share is told all the same: it may be the reason. */
export function undecided(refusal: JoinRefusal | undefined): JoinError {
  const said = refusal === undefined ? '' : `; one of them refuses (${joinSentence(refusal)})`
  return new JoinError(
    'undecided',
    `Not joined yet: members answer, but too few witnesses do, or they are behind${said}. This invitation is kept, and "hyperlooms up" goes on with it.`,
  )
}

export function interrupted(): JoinError {
  return new JoinError(
    'interrupted',
    'Interrupted: not joined yet. This invitation is kept, and "hyperlooms up" on the same data folder goes on with it.',
  )
}
