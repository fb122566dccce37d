import {
  cancelHolds,
  evidenceHolds,
  type Followed,
  goesOnRightly,
  resultFollows,
  statedVerdict,
  voidHolds,
} from '../../protocol/jobs/rechecking.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import { escrowOf } from '../../protocol/jobs/spec.ts'
import type { AgainValue, CloseValue } from '../../protocol/jobs/value.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import type { StepView } from '../api/backend.ts'
import type { Rejudge } from './rejudge.ts'

type Checks = StepView['checks']

interface RecheckOptions {
  readonly record: JobRecord
  readonly one: Followed
  readonly roster: Roster
  readonly rejudge: Rejudge
  /** Whether step 0's election comes out as it was decided. */
  readonly holdsElection: boolean
}

/** Computes one decision again from what it holds; whether it is signed is asked elsewhere. */
export async function recheck({
  record,
  one,
  roster,
  rejudge,
  holdsElection,
}: RecheckOptions): Promise<Checks> {
  const { value } = one.link
  switch (value.type) {
    case 'assign':
      return [{ what: 'election', holds: holdsElection && one.link.step === 0 }]
    case 'void':
      return [{ what: 'reason', holds: voidHolds(record, one) }]
    case 'again':
    case 'close':
      return judged(record, one, value, roster, rejudge)
  }
}

async function judged(
  record: JobRecord,
  one: Followed,
  value: CloseValue | AgainValue,
  roster: Roster,
  rejudge: Rejudge,
): Promise<Checks> {
  const epoch = roster.epochOf(value.epoch)
  const escrow = escrowOf(record.spec)
  const isPaid = resultFollows(one, value, escrow, statedVerdict(value.result))
  return [
    { what: 'evidence', holds: epoch !== undefined && evidenceHolds(record, one, value, epoch) },
    { what: 'verdict', holds: await rejudge(record, one, value) },
    { what: 'payments', holds: isPaid },
    { what: 'next', holds: epoch !== undefined && goesOnRightly(one, value, epoch) },
    ...(value.type === 'close' && value.cancel !== null
      ? [{ what: 'reason' as const, holds: cancelHolds(record, value) }]
      : []),
  ]
}
