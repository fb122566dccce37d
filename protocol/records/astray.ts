import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { type Infer, list, struct, text, uint } from '../encoding/codec.ts'
import { LIMITS } from '../params.ts'
import { keys, PREFIXES } from './keys.ts'
import type { Write } from './record.ts'

const KEY_BYTES_MAX = 128
const recordCodec = struct({
  /** The epoch whose closed state this peer can't come to; it has voted in none behind it. */
  epoch: uint(),
  leaves: list(text({ max: KEY_BYTES_MAX }), { max: LIMITS.astray }),
})
const anewCodec = struct({ epoch: uint() })

/** Says that this peer has gone astray, from the end of which epoch, and in which leaves of the state. */
export function astrayRecord({ epoch, leaves }: Infer<typeof recordCodec>): Uint8Array {
  return encodeBody(recordCodec, { epoch, leaves: leaves.slice(0, LIMITS.astray) })
}

/**
 * All that follows from facts. A peer that has gone astray (`sync/closing`) begins it anew, before its mind is made, and
 * then votes again, once it is level: else whoever shows it a hidden certificate of a closed epoch would silence an
 * honest witness for good. Let n be the closed epoch from whose end it has strayed.
 *
 * **Why it may.** While it isn't level it votes for nothing (`WitnessDuty.stopped`), and who has gone astray from n was
 * level in no epoch behind n. So in n + 1 it is where a witness stands that the order has added: it has said nothing
 * there, it knows the epochs and what the handover lists, and takes of n what is within the root or listed. What it has
 * said in n and before stands; of each kind:
 *
 * - `vote`, `prepare`, `commit`, `newview` and proposals name their epoch, and none of n counts in n + 1. What bound it in n
 *   is covered by the decision on n + 1 (`epoch/change-rules`). What binds it in n + 1 stays: `adopted/` and `carried/`, of
 *   whatever the handover lists, also where it had come further than the others (`ledger/adopted`); and `lock/`,
 *   `ballot/` and `proposal/`, should there be any.
 * - `seal` names no epoch. Those for jobs that were assigned up to n go with `job/`, so it seals no attempt of these any more
 *   (`keys.anew`): an attempt's sealers are those of the epoch that assigned its job, and in n + 1 it has sealed nothing. A
 *   copier gains nothing, since it is one seal less (6.7); the job goes on without it, or ends by `void`.
 * - `beacon` and `stored` have one body for each job, `resolve` one for each fork.
 * - `latency`: the last report stays, and it signs none for that snapshot or an earlier one (`trust/trust`).
 * - `epoch-accept` promises no more than to witness; that it isn't level it says by not answering.
 * - Its stop for a forked account (`resolving/`) is no statement. It is what its prepare of the settlement rests on, and it has
 *   prepared none in n + 1; one of n that may be decided is in `carried/`, and stops the account again.
 * - What it told owners about their accounts (`head-reply`) binds nobody, and while it is behind it tells them nothing.
 *
 * As an owner and a runner it keeps its entries in flight (`own/`; it asks a quorum before it signs), and each finished run
 * with its commit (`run/`). Its bids go: elected by one of those it doesn't run, and it bids again once it is level.
 *
 * None of this holds where a *store* has lost records: there nobody knows what was said, and `amnesia` stays for ever.
 */
export const ASTRAY_PREFIXES: readonly string[] = [
  PREFIXES.account,
  PREFIXES.output,
  PREFIXES.open,
  PREFIXES.job,
  PREFIXES.wanted,
  PREFIXES.resolving,
  PREFIXES.resolved,
  PREFIXES.forked,
  PREFIXES.jobHead,
  PREFIXES.trustRow,
  PREFIXES.trustSnapshot,
  PREFIXES.trustJob,
  PREFIXES.trustClose,
  PREFIXES.member,
  PREFIXES.revoked,
  PREFIXES.certificate,
  PREFIXES.entry,
  PREFIXES.decision,
  PREFIXES.trust,
  PREFIXES.resolution,
  PREFIXES.fork,
  PREFIXES.closed,
  PREFIXES.jobTime,
  PREFIXES.factTime,
  PREFIXES.factOf,
]

/**
 * The last writes of it, once none of those records is left: a crash before finds the `astray` record, which is given
 * here, and begins again. Closed epochs only grow, so the newest says it of all of them.
 */
export function astrayEnds(astray: Uint8Array): readonly Write[] {
  const { epoch } = decodeRecord(recordCodec, astray, keys.astray)
  return [
    { key: keys.anew, value: encodeBody(anewCodec, { epoch }) },
    { key: keys.astray, value: null },
  ]
}

/** After which epoch a peer began its ledger anew. */
export function anewEpochOf(record: Uint8Array): number {
  return decodeRecord(anewCodec, record, keys.anew).epoch
}
