import type { JSX } from 'solid-js'
import type { NetworkStats } from '../../protocol/api/network-schema.ts'
import { groupDigits } from '../format/credits.ts'
import { Figure } from './Figure.tsx'

function grouped(count: number): string {
  return groupDigits(String(count))
}

/** The counts of the swarm as this peer sees it. */
export function NetworkFigures(props: { stats: NetworkStats }): JSX.Element {
  const jobs = () => props.stats.jobs
  const peers = () => props.stats.peers
  const closedOtherwise = () => jobs().unresolved + jobs().void
  return (
    <dl class="figures">
      <Figure
        label="Peers online"
        value={grouped(peers().online)}
        note={`of ${grouped(peers().members)} members, ${grouped(peers().witnesses)} of them witnesses`}
      />
      <Figure
        label="Nodes offering"
        value={grouped(props.stats.nodes)}
        note={`${grouped(peers().connected)} connected to this peer`}
      />
      <Figure label="Models" value={grouped(props.stats.models)} note="offered now" />
      <Figure
        label="Jobs completed"
        value={grouped(jobs().completed)}
        note={
          closedOtherwise() === 0
            ? 'none unresolved or void'
            : `${grouped(closedOtherwise())} unresolved or void`
        }
      />
      <Figure
        label="Jobs open"
        value={grouped(jobs().open)}
        note={`${grouped(jobs().per_minute)} closed in the last minute`}
      />
      <Figure
        label="In motion"
        value={groupDigits(props.stats.ledger.supply.escrowed)}
        note="credits set aside in open jobs"
      />
    </dl>
  )
}
