import type { AccountId, JobId } from '../ids.ts'
import { type Entry, jobIdOf, type Operation, outputOf } from '../ledger/entry.ts'
import { closeOutputs, FEE_INDEX, REFUND_INDEX, voidOutputs } from './settlement.ts'
import type { Value } from '../agreement/value.ts'

/**
 * Credits that moved, as users name it (4.4): a `spend` goes to the treasury and a `reward` comes from it or
 * from a job; a `grant` comes with an invitation; a `charge` is what a job sets aside, a `refund` what comes back of it.
 */
export const MOVEMENT_TYPES = ['mint', 'grant', 'spend', 'reward', 'transfer', 'charge', 'refund'] as const
export type MovementType = (typeof MOVEMENT_TYPES)[number]

/**
 * For every account: free + claimable = all that came `to` it less all that went `from` it, and less what
 * settling a fork of it burnt, which is no movement.
 */
export interface Movement {
  readonly type: MovementType
  /** Position within its fact: of the operation, or of the job's output. */
  readonly index: number
  /** null where credits are new, or come out of a job's escrow. */
  readonly from: AccountId | null
  /** null where they go into a job's escrow. */
  readonly to: AccountId | null
  readonly amount: bigint
  readonly memo: string
  readonly job: JobId | null
}

/** What the operations of a certified entry move. */
export function entryMovements(
  { account, ops }: Pick<Entry, 'account' | 'ops'>,
  treasury: AccountId,
): readonly Movement[] {
  return ops.flatMap((operation, index) => operationMovement(operation, { account, index, treasury }) ?? [])
}

interface Place {
  readonly account: AccountId
  readonly index: number
  readonly treasury: AccountId
}

function operationMovement(operation: Operation, { account, index, treasury }: Place): Movement | undefined {
  if (operation.type === 'open') {
    const job = jobIdOf(account, operation.spec.nonce)
    return { type: 'charge', index, from: account, to: null, amount: operation.escrow, memo: '', job }
  }
  if (operation.type === 'join' || operation.type === 'revoke') {
    const made = outputOf(operation)
    return made && { type: 'grant', index, from: null, ...made, memo: '', job: null }
  }
  const { to, amount, memo } = operation
  if (operation.type === 'mint') return { type: 'mint', index, from: null, to, amount, memo, job: null }
  const type = to === treasury ? 'spend' : account === treasury ? 'reward' : 'transfer'
  return { type, index, from: account, to, amount, memo, job: null }
}

/** What a job's terminal decision moves out of its escrow; nothing for any other decision. */
export function decisionMovements(
  job: JobId,
  value: Value,
  { account, operation }: { account: AccountId; operation: Extract<Operation, { type: 'open' }> },
): readonly Movement[] {
  const record = { account, spec: operation.spec }
  const outputs =
    value.type === 'close'
      ? closeOutputs({ record }, value.result)
      : value.type === 'void'
        ? voidOutputs({ record }, operation.escrow)
        : []
  return outputs.map(({ index, to, amount }) => {
    const type = index === REFUND_INDEX ? 'refund' : index === FEE_INDEX ? 'spend' : 'reward'
    return { type, index, from: null, to, amount, memo: '', job }
  })
}
