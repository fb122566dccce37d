import type { Job, Receipt } from '../../protocol/api/job-schema.ts'
import { formatCredits } from '../../protocol/api/credits.ts'
import { sumUnits } from './credits.ts'

export interface Balance {
  readonly escrow: string
  readonly rewards: string
  readonly fee: string
  readonly refund: string
  /** What the payer paid in the end: escrow less refund, as the receipts give it. */
  readonly charged: string
  /** Whether escrow = rewards + fee + refund, and charged is what the job says; null before the close. */
  readonly isBalanced: boolean | null
}

export const RECEIPT_LABELS: Readonly<Record<Receipt['kind'], string>> = {
  escrow: 'Set aside by the payer',
  reward: 'Paid for an answer',
  fee: 'Fee of the swarm',
  refund: 'Given back to the payer',
}

/** Adds the receipts up, in whole units of the ledger. */
export function balanceOf(job: Pick<Job, 'receipts' | 'charged'>): Balance {
  const total = (kind: Receipt['kind']) =>
    sumUnits(job.receipts.filter((receipt) => receipt.kind === kind).map(({ amount }) => amount))
  const [escrow, rewards, fee, refund] = [total('escrow'), total('reward'), total('fee'), total('refund')]
  const charged = formatCredits(rewards + fee)
  return {
    escrow: formatCredits(escrow),
    rewards: formatCredits(rewards),
    fee: formatCredits(fee),
    refund: formatCredits(refund),
    charged,
    isBalanced: job.charged === null ? null : escrow === rewards + fee + refund && charged === job.charged,
  }
}
