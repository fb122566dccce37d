import type { MoveAnswer, Transaction } from '../../protocol/api/transaction-schema.ts'
import { shortId } from './job-text.ts'
import { type TextColumn, textTable } from './table.ts'

/** How an operation went, for people. */
export function describeMove({ status, type, to, amount, entry_id: entry }: MoveAnswer): string {
  const what = type === 'mint' ? 'minted for' : 'sent to'
  const state =
    status === 'certified'
      ? 'certified: a quorum of witnesses has signed, so it is final'
      : 'accepted: signed and on disk; it is certified as soon as a quorum of witnesses is in reach'
  return [`${amount} credits ${what} ${to}`, state, `entry ${entry}`].join('\n')
}

/** Where credits come from that no account has sent. */
const SOURCES: Readonly<Partial<Record<Transaction['type'], string>>> = { mint: 'new', grant: 'invitation' }

const COLUMNS: readonly TextColumn<Transaction>[] = [
  { label: 'when', cell: ({ at }) => at },
  { label: 'type', cell: ({ type }) => type },
  { label: 'credits', cell: ({ amount }) => amount, isNumber: true },
  { label: 'from', cell: ({ from, type }) => partyOf(from, SOURCES[type] ?? 'job') },
  { label: 'to', cell: ({ to }) => partyOf(to, 'job') },
  { label: 'proof', cell: proofOf },
  { label: 'memo', cell: ({ memo }) => printable(memo) },
]

/** One line for each transaction under a line of labels. */
export function describeTransactions(items: readonly Transaction[]): string {
  return items.length === 0 ? 'No such transaction.' : textTable(COLUMNS, items)
}

function partyOf(id: string | null, otherwise: string): string {
  return id === null ? otherwise : shortId(id)
}

function proofOf({ entry_id: entry, job_id: job, step }: Transaction): string {
  if (entry !== null) return `entry ${entry.slice(0, 12)}`
  return `job ${job?.slice(0, 12) ?? ''}/${step ?? 0}`
}

/** A memo is foreign text: a terminal must not take any of it for a command. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
}
