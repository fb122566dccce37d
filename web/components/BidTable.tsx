import { createMemo, type JSX } from 'solid-js'
import type { JobDecision } from '../../protocol/api/decision-schema.ts'
import { groupDigits } from '../format/credits.ts'
import {
  electionRank,
  ineligibleText,
  rankWords,
  sortedBids,
  termColumns,
  termPoints,
} from '../format/bids.ts'
import { type Column, DataTable } from './DataTable.tsx'
import { PeerName } from './PeerName.tsx'

type Bid = JobDecision['bids'][number]

function Rank(props: { bid: Bid; decision: JobDecision }): JSX.Element {
  const rank = () => electionRank(props.bid, props.decision)
  return (
    <span class="rank" data-rank={rank()}>
      {rank() === 'ineligible' ? ineligibleText(props.bid.ineligible_reason) : rankWords(rank())}
    </span>
  )
}

/** The bids, best first, with what their scores are made of. */
export function BidTable(props: { decision: JobDecision }): JSX.Element {
  const columns = createMemo((): readonly Column<Bid>[] => [
    {
      label: 'Node',
      isRowHeader: true,
      cell: (bid) => <PeerName id={bid.node_id} operator={bid.operator} />,
    },
    { label: 'Result', cell: (bid) => <Rank bid={bid} decision={props.decision} /> },
    { label: 'Price', isNumber: true, cell: ({ price }) => groupDigits(price) },
    ...termColumns(props.decision).map(
      ({ name, label }): Column<Bid> => ({
        label,
        isNumber: true,
        cell: ({ score_terms: terms }) => termPoints(terms[name]),
      }),
    ),
    { label: 'Score', isNumber: true, cell: ({ score }) => <b>{groupDigits(String(score))}</b> },
  ])
  return (
    <DataTable
      caption="Bids, best first. Each term is a percentage of its best; the score is their weighted sum"
      columns={columns()}
      rows={sortedBids(props.decision)}
      rowClass={(bid) => electionRank(bid, props.decision)}
    />
  )
}
