import type { Job, JobStatusName } from '../../protocol/api/job-schema.ts'

interface StatusText {
  readonly label: string
  /** What happens, or what came of it. */
  readonly sentence: string
}

export const STATUS_TEXTS: Readonly<Record<JobStatusName, StatusText>> = {
  queued: { label: 'Queued', sentence: 'All nodes are busy; it is opened as soon as there is room.' },
  pending: { label: 'Pending', sentence: 'The witnesses are certifying the payment.' },
  bidding: { label: 'Bidding', sentence: 'Nodes are bidding; an election follows from their bids.' },
  running: { label: 'Running', sentence: 'The elected nodes are answering, each without seeing the others.' },
  verifying: { label: 'Verifying', sentence: 'The answers are in and are being compared.' },
  completed: { label: 'Completed', sentence: 'The answers were compared and merged.' },
  unresolved: { label: 'Unresolved', sentence: 'No answer could be chosen.' },
  void: { label: 'Void', sentence: 'The job came to nothing and was refunded in full.' },
}

const WAY: readonly JobStatusName[] = ['pending', 'bidding', 'running', 'verifying']

export interface FlowStep {
  readonly status: JobStatusName
  readonly label: string
  readonly state: 'done' | 'current' | 'ahead'
}

export function isClosed(status: JobStatusName): boolean {
  return status !== 'queued' && !WAY.includes(status)
}

/** The five steps of a job; the last one is named after how it ended. Where a void job stopped isn't told, and one that waits has none behind it. */
export function statusFlow(status: JobStatusName): readonly FlowStep[] {
  const end = isClosed(status) ? status : 'completed'
  const at = isClosed(status) ? WAY.length : WAY.indexOf(status)
  return [...WAY, end].map((step, index) => ({
    status: step,
    label: STATUS_TEXTS[step].label,
    state: index < at ? 'done' : index === at ? 'current' : 'ahead',
  }))
}

/** What happens, or what came of it: of a cancelled job that is first of all that it was cancelled. */
export function sentenceOf({
  status,
  cancelled_at: cancelledAt,
}: Pick<Job, 'status' | 'cancelled_at'>): string {
  const { sentence } = STATUS_TEXTS[status]
  if (cancelledAt === null) return sentence
  if (status === 'void')
    return 'Its payer cancelled the job before a node was elected; it was refunded in full.'
  return isClosed(status)
    ? `Its payer cancelled the job: what was answered by then is paid, the rest came back. ${sentence}`
    : 'Cancelled: no node goes on; what was answered by now is compared and paid, the rest comes back.'
}
