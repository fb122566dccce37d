import {
  COMMIT_BALLOT,
  type Decision,
  PREPARE,
  PROPOSAL,
  valueDigestOf,
} from '../../protocol/agreement/messages.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { plainFrame } from '../../protocol/encoding/envelope.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import type { Message } from '../../protocol/intake/message.ts'
import type { JobValue } from '../../protocol/jobs/value.ts'
import type { Model, Sent } from './model.ts'
import { liesOf, nodeOf, ONE, OTHER, type Roles, rolesOf, VOTING } from './voting-nodes.ts'

/**
 * The natural proposer of four witnesses shows both values in round 0, votes for everything, and makes a
 * prepared certificate and a decision out of whatever votes suffice; a correct witness has its turn besides.
 */
export function forkingProposerModel(): Model {
  const roles = rolesOf(4)
  const { swarm, natural } = roles
  const correct = swarm.witnesses.filter((one) => one !== natural)
  const values = [ONE, OTHER]
  return {
    ...VOTING,
    name: 'forking proposer, 4 witnesses, it votes for everything',
    nodes: correct.map((signer) => nodeOf(roles, signer)),
    initial: [...liesOf(roles, natural), ...values.flatMap((value) => proposals(roles, correct, value))],
    adversary: (sent) => values.flatMap((value) => conclusions(roles, correct, value, sent)),
    depth: 8,
    facts: swarm.facts([natural]),
  }
}

function ballotOf({ swarm, instance }: Roles, value: JobValue) {
  return { instance, epoch: swarm.roster.epoch.number, round: 0, value: valueDigestOf(value) }
}

function proposals(roles: Roles, correct: readonly Signer[], value: JobValue): readonly Sent[] {
  const { swarm, natural } = roles
  const id = swarm.roster.swarm
  const proposal = sign(natural, id, PROPOSAL, ballotOf(roles, value))
  const frame = plainFrame(id, natural.id, 'propose', { proposal, value, newviews: [] })
  return correct.map((one) => ({ from: natural.id, to: one.id, frame }))
}

function conclusions(
  roles: Roles,
  correct: readonly Signer[],
  value: JobValue,
  sent: readonly Message[],
): readonly Sent[] {
  const { swarm, natural, instance } = roles
  const ballot = ballotOf(roles, value)
  const toAll = (frame: Uint8Array) => correct.map(({ id }) => ({ from: natural.id, to: id, frame }))
  const prepares = quorumIn(roles, 'prepare', ballot, sent)
  const commits = quorumIn(roles, 'commit', ballot, sent)
  const id = swarm.roster.swarm
  const decision: Decision | undefined = commits && { instance, round: 0, value, quorum: commits }
  return [
    ...(prepares ? toAll(plainFrame(id, natural.id, 'prepared', { ballot, quorum: prepares })) : []),
    ...(decision ? toAll(plainFrame(id, natural.id, 'decision', decision)) : []),
  ]
}

/** A quorum of these votes, its own among them; one is enough, others would only name the same anew. */
function quorumIn(
  { swarm, natural }: Roles,
  kind: 'prepare' | 'commit',
  ballot: ReturnType<typeof ballotOf>,
  sent: readonly Message[],
) {
  const { roster } = swarm
  const { number, witnesses, sizes } = roster.epoch
  const own = sign(natural, roster.swarm, kind === 'prepare' ? PREPARE : COMMIT_BALLOT, ballot)
  const votes = new Map([[roster.witnessPosition(natural.id), own.sig]])
  for (const message of sent) {
    if (message.kind !== kind || votes.size >= sizes.quorum) continue
    const { round, value } = message.body
    if (round === ballot.round && value === ballot.value)
      votes.set(roster.witnessPosition(message.signer), message.sig)
  }
  return votes.size < sizes.quorum ? undefined : quorumOf(number, witnesses.length, votes)
}
