import { For, type JSX, Show } from 'solid-js'
import type { Node } from '../../protocol/api/network-schema.ts'
import { inCredits } from '../format/credits.ts'
import { createClock } from '../state/clock.ts'
import { Cloth } from './Cloth.tsx'
import { type Column, DataTable } from './DataTable.tsx'
import { ModelName } from './ModelName.tsx'
import { Moment } from './Moment.tsx'
import { PeerName } from './PeerName.tsx'

const CLOCK_MS = 5_000
const MB_PER_GB = 1_024

function Load(props: { node: Node }): JSX.Element {
  const percent = () => Math.round(props.node.load * 100)
  return (
    <span class="load">
      <span class="load-bar" aria-hidden="true">
        <span style={{ width: `${percent()}%` }} />
      </span>
      {percent()} %
    </span>
  )
}

function Models(props: { node: Node }): JSX.Element {
  return (
    <Show when={props.node.models.length > 0} fallback="none">
      <ul class="plain">
        <For each={props.node.models}>
          {(model) => (
            <li>
              <ModelName name={model.name} />
              <span class="note">
                {inCredits(model.price)}
                {model.warm ? ', loaded' : ''}
              </span>
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}

function memory({ vram_free_mb: free, vram_total_mb: total }: Node): string {
  return total === 0 ? 'none' : `${(free / MB_PER_GB).toFixed(1)} of ${(total / MB_PER_GB).toFixed(1)} GB`
}

/** Every member of the swarm and what it offers. */
export function NodeTable(props: { nodes: readonly Node[] }): JSX.Element {
  const now = createClock(CLOCK_MS)
  const columns: readonly Column<Node>[] = [
    {
      label: 'Node',
      isRowHeader: true,
      cell: (node) => (
        <>
          <PeerName id={node.node_id} operator={node.operator} />
          <Show when={node.self}>
            {' '}
            <small class="tag">this peer</small>
          </Show>
        </>
      ),
    },
    {
      label: 'Status',
      cell: (node) => (
        <span class="state" data-state={node.status}>
          {node.status}
        </span>
      ),
    },
    { label: 'Witness', cell: (node) => (node.witness ? 'yes' : 'no') },
    { label: 'Models', cell: (node) => <Models node={node} /> },
    { label: 'Load', isNumber: true, cell: (node) => <Load node={node} /> },
    { label: 'Free VRAM', isNumber: true, cell: memory },
    {
      label: 'Round trip',
      isNumber: true,
      cell: ({ latency_ms: latency, self }) =>
        latency === null
          ? self
            ? 'itself'
            : 'not connected'
          : `${latency.toFixed(latency < 10 ? 1 : 0)} ms`,
    },
    {
      label: 'Last seen',
      cell: ({ last_seen: seen }) => (seen === null ? 'never' : <Moment at={seen} nowMs={now()} />),
    },
    {
      label: 'Ledger',
      cell: ({ ledger_root: root }) => (root === null ? 'unknown' : <Cloth digest={root} side={5} />),
    },
  ]
  return <DataTable caption="Members of the swarm and what they offer" columns={columns} rows={props.nodes} />
}
