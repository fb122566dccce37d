import { digest, type Infer, nullable, signature, struct, uint } from '../encoding/codec.ts'
import type { InstanceId } from '../ids.ts'
import { instanceCodec, preparedCodec, signedNewView } from './messages.ts'
import { valueCodec } from './value.ts'

const round = uint()
const vote = struct({ round, value: digest(), sig: signature })

/**
 * All that a voter must remember of one undecided instance. `promise` is the lowest round it may still take
 * part in. Votes below it can't be asked for again, so only the newest of each kind is kept.
 */
export const ballotRecordCodec = struct({
  instance: instanceCodec,
  promise: round,
  /** When it promised that; 0 before the first time. Only a wait counts from it. */
  promisedMs: uint(),
  newview: nullable(signedNewView),
  prepare: nullable(vote),
  commit: nullable(vote),
  /** Highest prepared certificate and the value that it is for. */
  prepared: nullable(struct({ certificate: preparedCodec, value: valueCodec })),
})
export type BallotRecord = Infer<typeof ballotRecordCodec>

export function freshBallot(instance: InstanceId): BallotRecord {
  return { instance, promise: 0, promisedMs: 0, newview: null, prepare: null, commit: null, prepared: null }
}

/** What a proposer must remember: it never signs a second proposal for one round. */
export const proposalRecordCodec = struct({ instance: instanceCodec, round, value: valueCodec })
export type ProposalRecord = Infer<typeof proposalRecordCodec>
