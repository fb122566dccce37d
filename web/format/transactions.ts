import type { Transaction } from '../../protocol/api/transaction-schema.ts'
import { groupDigits } from './credits.ts'

export type TransactionType = Transaction['type']

/** What each type is called, and what it means to the account that is looked at. */
export const TRANSACTION_LABELS: Readonly<Record<TransactionType, string>> = {
  mint: 'Minted',
  grant: 'Came with the invitation',
  transfer: 'Transfer',
  spend: 'To the treasury',
  reward: 'Reward',
  charge: 'Set aside for a job',
  refund: 'Back from a job',
}

export const TRANSACTION_TYPES = Object.keys(TRANSACTION_LABELS) as readonly TransactionType[]

/** What a transaction did to an account: `in`, `out`, or neither where it sent to itself. */
export function directionFor(account: string, { from, to }: Transaction): 'in' | 'out' | 'none' {
  if (from === to) return 'none'
  if (to === account) return 'in'
  return from === account ? 'out' : 'none'
}

const SIGNS = { in: '+', out: '−', none: '' } as const

/** The amount as it changed the account, with a sign. */
export function signedAmount(account: string, transaction: Transaction): string {
  return `${SIGNS[directionFor(account, transaction)]}${groupDigits(transaction.amount)}`
}

/** Who is on the other side: an account, or words for one that isn't. */
export function counterpartyOf(
  account: string,
  transaction: Transaction,
): { id: string } | { words: string } {
  const { from, to, type } = transaction
  if (from === to) return { words: 'itself' }
  const other = to === account ? from : to
  if (other !== null) return { id: other }
  return { words: type === 'mint' || type === 'grant' ? 'new credits' : 'a job' }
}
