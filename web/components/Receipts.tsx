import { type JSX, Show } from 'solid-js'
import type { Job, Receipt } from '../../protocol/api/job-schema.ts'
import { groupDigits, inCredits } from '../format/credits.ts'
import { balanceOf, RECEIPT_LABELS } from '../format/receipts.ts'
import { type Column, DataTable } from './DataTable.tsx'
import { PeerName } from './PeerName.tsx'

function Account(props: { receipt: Receipt; job: Job }): JSX.Element {
  const { kind, slot, account } = props.receipt
  const answer = () =>
    kind === 'reward' ? props.job.answers.find((candidate) => candidate.slot === slot) : undefined
  return <PeerName id={account} operator={answer()?.operator ?? null} />
}

/** Escrow goes in; everything else comes out of it. */
function amountOf({ kind, amount }: Receipt): string {
  return kind === 'escrow' ? groupDigits(amount) : `−${groupDigits(amount)}`
}

function BalanceRow(props: { job: Job }): JSX.Element {
  const balance = () => balanceOf(props.job)
  return (
    <tr role="row">
      <th role="rowheader" scope="row">
        {balance().isBalanced === null ? 'Still set aside' : 'Left over'}
      </th>
      <td role="cell" data-label="What for">
        {balance().isBalanced === null
          ? 'until the job is closed'
          : `${groupDigits(balance().escrow)} = ${groupDigits(balance().rewards)} paid + ${groupDigits(balance().fee)} fee + ${groupDigits(balance().refund)} refunded`}
      </td>
      <td role="cell" data-label="Credits" class="number">
        {balance().isBalanced === null
          ? groupDigits(balance().escrow)
          : balance().isBalanced
            ? '0'
            : 'does not add up'}
      </td>
    </tr>
  )
}

/** Who paid and who got what; the columns add up, or the page says that they don't. */
export function Receipts(props: { job: Job }): JSX.Element {
  const columns: readonly Column<Receipt>[] = [
    { label: 'Account', isRowHeader: true, cell: (receipt) => <Account receipt={receipt} job={props.job} /> },
    {
      label: 'What for',
      cell: ({ kind, slot }) =>
        slot === null ? RECEIPT_LABELS[kind] : `${RECEIPT_LABELS[kind]} (slot ${slot})`,
    },
    { label: 'Credits', isNumber: true, cell: amountOf },
  ]
  return (
    <section class="receipts" aria-labelledby="receipts-title">
      <h2 id="receipts-title">Receipts</h2>
      <Show
        when={props.job.receipts.length > 0}
        fallback={<p>Nothing is charged before the witnesses have certified the payment.</p>}
      >
        <Show when={props.job.charged}>
          {(charged) => (
            <p>
              <strong>{inCredits(charged())} charged</strong>, {inCredits(props.job.refunded ?? '0')}{' '}
              refunded, fee {inCredits(props.job.fee)}.
            </p>
          )}
        </Show>
        <DataTable
          caption="What was set aside for this job and where it went"
          columns={columns}
          rows={props.job.receipts}
          footer={<BalanceRow job={props.job} />}
        />
      </Show>
    </section>
  )
}
