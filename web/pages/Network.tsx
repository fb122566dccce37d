import { type JSX, Show } from 'solid-js'
import { FaultNotice } from '../components/FaultNotice.tsx'
import { LedgerAgreement } from '../components/LedgerAgreement.tsx'
import { NetworkFigures } from '../components/NetworkFigures.tsx'
import { NodeTable } from '../components/NodeTable.tsx'
import { SelfCard } from '../components/SelfCard.tsx'
import { createPageTitle } from '../state/page-title.ts'
import { useSwarm } from '../state/swarm.ts'

export function Network(): JSX.Element {
  createPageTitle(() => 'Network')
  const { stats, nodes } = useSwarm()
  return (
    <>
      <h1>The network as this peer sees it</h1>
      <FaultNotice fault={stats.fault} />
      <Show when={stats.value}>{(value) => <NetworkFigures stats={value()} />}</Show>
      <section aria-labelledby="nodes-title">
        <h2 id="nodes-title">Nodes</h2>
        <FaultNotice fault={stats.fault === undefined ? nodes.fault : undefined} />
        <Show when={nodes.value}>{(list) => <NodeTable nodes={list()} />}</Show>
      </section>
      <LedgerAgreement />
      <SelfCard />
    </>
  )
}
