import { formatCredits } from '../../protocol/api/credits.ts'
import type { Transaction } from '../../protocol/api/transaction-schema.ts'
import type { TransactionView } from './backend.ts'
import { timeOf } from './job-resource.ts'

export function transactionResource(view: TransactionView): Transaction {
  const { type, index, atMs, from, to, amount, memo, job, fact } = view
  const source = 'entry' in fact ? fact.entry : fact.job
  return {
    id: `${source}/${index}`,
    type,
    at: timeOf(atMs),
    from,
    to,
    amount: formatCredits(amount),
    memo,
    job_id: job,
    entry_id: 'entry' in fact ? fact.entry : null,
    step: 'entry' in fact ? null : fact.step,
  }
}
