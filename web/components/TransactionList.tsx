import { A } from '@solidjs/router'
import { createMemo, createSignal, type JSX, Show } from 'solid-js'
import { fillPath, ROUTES } from '../../protocol/api/routes.ts'
import type { Transaction } from '../../protocol/api/transaction-schema.ts'
import { shortDigest } from '../format/identity.ts'
import {
  counterpartyOf,
  directionFor,
  signedAmount,
  TRANSACTION_LABELS,
  TRANSACTION_TYPES,
  type TransactionType,
} from '../format/transactions.ts'
import { client } from '../state/client.ts'
import { createClock } from '../state/clock.ts'
import { createPaged } from '../state/paged.ts'
import { type Column, DataTable } from './DataTable.tsx'
import { Moment } from './Moment.tsx'
import { PagedSection } from './PagedSection.tsx'
import { PeerName } from './PeerName.tsx'

const PERIOD_MS = 3_000
const CLOCK_MS = 5_000

function Party(props: { account: string; transaction: Transaction }): JSX.Element {
  const party = () => counterpartyOf(props.account, props.transaction)
  const id = () => {
    const other = party()
    return 'id' in other ? other.id : undefined
  }
  const words = () => {
    const other = party()
    return 'words' in other ? other.words : ''
  }
  return (
    <Show when={id()} fallback={words()}>
      {(known) => <PeerName id={known()} />}
    </Show>
  )
}

/** Where everybody can check it: the job whose verdict it follows from, or the entry with its signatures. */
function Proof(props: { transaction: Transaction }): JSX.Element {
  const { job_id: job, entry_id: entry } = props.transaction
  if (job !== null) return <A href={`/jobs/${job}`}>job {shortDigest(job)}</A>
  const id = entry ?? ''
  return (
    // Answered by the peer itself, so it is loaded and not routed.
    <a href={fillPath(ROUTES.getEntry.path, { id })} rel="external" target="_self">
      entry {shortDigest(id)}
    </a>
  )
}

/** Everything final that moved credits of one account, newest first. */
export function TransactionList(props: { account: string }): JSX.Element {
  const [type, setType] = createSignal<TransactionType>()
  const now = createClock(CLOCK_MS)
  const list = createPaged<Transaction>({
    periodMs: PERIOD_MS,
    keyOf: ({ id }) => id,
    fetch(cursor, signal) {
      const only = type()
      const query = {
        account: props.account,
        ...(only === undefined ? {} : { type: only }),
        ...(cursor === undefined ? {} : { cursor }),
      }
      return client.listTransactions({ query }, signal === undefined ? {} : { signal })
    },
  })
  // A final transaction never changes, so its row stays the same element, and keeps the focus.
  const rows = createMemo<readonly Transaction[]>((before) => {
    const known = new Map(before.map((transaction) => [transaction.id, transaction]))
    return (list.items ?? []).map((transaction) => known.get(transaction.id) ?? transaction)
  }, [])

  function choose(name: string): void {
    setType(TRANSACTION_TYPES.find((candidate) => candidate === name))
    list.restart()
  }

  const columns: readonly Column<Transaction>[] = [
    { label: 'When', isRowHeader: true, cell: ({ at }) => <Moment at={at} nowMs={now()} /> },
    { label: 'What', cell: (transaction) => TRANSACTION_LABELS[transaction.type] },
    { label: 'With', cell: (transaction) => <Party account={props.account} transaction={transaction} /> },
    { label: 'Memo', cell: ({ memo }) => <span class="memo">{memo}</span> },
    { label: 'Proof', cell: (transaction) => <Proof transaction={transaction} /> },
    {
      label: 'Credits',
      isNumber: true,
      cell: (transaction) => (
        <span class="moved" data-direction={directionFor(props.account, transaction)}>
          {signedAmount(props.account, transaction)}
        </span>
      ),
    },
  ]

  return (
    <PagedSection
      name="history"
      title="History"
      choices={TRANSACTION_TYPES.map((name) => [name, TRANSACTION_LABELS[name]] as const)}
      onChoose={choose}
      paged={list}
      empty={type() === undefined ? 'No credits have moved yet.' : 'None of this kind.'}
      older="Show older transactions"
    >
      <DataTable
        caption="Final transactions of this account, the newest first"
        columns={columns}
        rows={rows()}
      />
    </PagedSection>
  )
}
