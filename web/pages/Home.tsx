import { A } from '@solidjs/router'
import { For, type JSX, Show } from 'solid-js'
import { Cloth } from '../components/Cloth.tsx'
import { FaultNotice } from '../components/FaultNotice.tsx'
import { NetworkFigures } from '../components/NetworkFigures.tsx'
import { SupplyBar } from '../components/SupplyBar.tsx'
import { groupDigits } from '../format/credits.ts'
import { shortDigest } from '../format/identity.ts'
import { createPageTitle } from '../state/page-title.ts'
import { useSwarm } from '../state/swarm.ts'

const STEPS: readonly (readonly [title: string, says: string])[] = [
  ['Asked', 'Your peer signs the prompt and sets the price aside. The witnesses certify that it can pay.'],
  ['Elected', 'Nodes bid. Who answers follows from the bids by a rule that anybody can compute again.'],
  ['Answered apart', 'Each node commits to its answer before it can see any other.'],
  ['Compared', 'What the majority says is merged; who said it is paid, the rest is refunded.'],
]

export function Home(): JSX.Element {
  createPageTitle(() => 'One prompt, several machines, one checked answer')
  const { stats } = useSwarm()
  return (
    <>
      <section class="hero">
        <div>
          <h1>Several machines answer. They check each other. You see why.</h1>
          <p class="lead">
            A prompt goes to several nodes at once, on a network without a centre. Their answers are compared,
            merged and paid for, and the ones that were outvoted are shown beside the rest.
          </p>
          <p>
            <A class="button primary" href="/jobs">
              Ask the network
            </A>
          </p>
        </div>
        <Show when={stats.value}>
          {(value) => (
            <figure class="ledger-cloth">
              <Cloth digest={value().ledger.root} side={16} />
              <figcaption>
                The ledger as it stands, woven from its root{' '}
                <code title={value().ledger.root}>{shortDigest(value().ledger.root)}</code> after{' '}
                {groupDigits(String(value().ledger.entries))} entries. Peers with the same ledger show the
                same cloth.
              </figcaption>
            </figure>
          )}
        </Show>
      </section>
      <FaultNotice fault={stats.fault} />
      <Show when={stats.value}>
        {(value) => (
          <>
            <section aria-labelledby="now">
              <h2 id="now">The network now</h2>
              <NetworkFigures stats={value()} />
            </section>
            <SupplyBar supply={value().ledger.supply} />
          </>
        )}
      </Show>
      <section aria-labelledby="way">
        <h2 id="way">The way of an answer</h2>
        <ol class="way">
          <For each={STEPS}>
            {([title, says]) => (
              <li>
                <h3>{title}</h3>
                <p>{says}</p>
              </li>
            )}
          </For>
        </ol>
      </section>
    </>
  )
}
