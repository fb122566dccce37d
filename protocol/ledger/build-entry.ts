import { AMOUNT_MAX, LIMITS } from '../params.ts'
import type { AccountId } from '../ids.ts'
import type { AccountState } from './account.ts'
import { totalsOf } from './apply.ts'
import type { Entry, Operation } from './entry.ts'
import type { Output } from './output-book.ts'
import { compareRefs } from './validate.ts'

/** Operations that were asked for together and are signed together, under their asker's number. */
export interface Submission {
  readonly request: number
  readonly operations: readonly Operation[]
  readonly sinceMs: number
}

export interface Draft {
  readonly body: Entry
  /** How many submissions from the front of the queue are in it. */
  readonly taken: number
  /** Whether outputs were left for a later entry. */
  readonly outputsLeft: boolean
}

/**
 * The next entry of an account: it claims as many outputs as an entry can and carries as many submissions,
 * in their order, as those funds and 64 operations allow. Pure.
 */
export function draftEntry(
  account: AccountId,
  state: AccountState,
  outputs: Iterable<Output>,
  queue: readonly Submission[],
): Draft {
  const { claims, funds, outputsLeft } = pickClaims(state.free, outputs)
  const ops: Operation[] = []
  let free = funds
  let taken = 0
  for (const { operations } of queue) {
    const { spent } = totalsOf({ ops: operations })
    if (spent > free || ops.length + operations.length > LIMITS.operations) break
    ops.push(...operations)
    free -= spent
    taken += 1
  }
  const body = { account, seq: state.seq, prev: state.head, claims, ops, free }
  return { body, taken, outputsLeft }
}

function pickClaims(free: bigint, outputs: Iterable<Output>) {
  const picked: Output[] = []
  let funds = free
  let outputsLeft = false
  for (const output of outputs) {
    if (picked.length < LIMITS.claims && funds + output.amount <= AMOUNT_MAX) {
      picked.push(output)
      funds += output.amount
    } else {
      outputsLeft = true
      if (picked.length >= LIMITS.claims) break
    }
  }
  const claims = picked.sort(compareRefs).map(({ source, index }) => ({ source, index }))
  return { claims, funds, outputsLeft }
}
