import { For, type JSX, Show } from 'solid-js'
import { groupDigits } from '../format/credits.ts'
import { shortDigest } from '../format/identity.ts'
import { client } from '../state/client.ts'
import { createPolled } from '../state/polled.ts'
import { Cloth } from './Cloth.tsx'
import { FaultNotice } from './FaultNotice.tsx'
import { PeerName } from './PeerName.tsx'

const PERIOD_MS = 3_000

function Swatch(props: { id: string; root: string }): JSX.Element {
  return (
    <li>
      <Cloth digest={props.root} side={8} />
      <p>
        <PeerName id={props.id} />
        <code title={props.root}>{shortDigest(props.root)}</code>
      </p>
    </li>
  )
}

/** Whether the peers hold the same ledger: the same root, so the same cloth. */
export function LedgerAgreement(): JSX.Element {
  const ledger = createPolled((signal) => client.getLedgerRoot({}, { signal }), PERIOD_MS)
  return (
    <section aria-labelledby="ledger-title">
      <h2 id="ledger-title">Ledger</h2>
      <FaultNotice fault={ledger.value === undefined ? ledger.fault : undefined} />
      <Show when={ledger.value}>
        {(value) => (
          <>
            <p>
              {value().converged
                ? `All online peers last reported the same ledger, ${groupDigits(String(value().entries))} entries long here.`
                : 'Peers reported different ledgers; they usually meet within seconds of the last job.'}
            </p>
            <ul class="swatches">
              <Swatch id={value().peer_id} root={value().root} />
              <For each={value().reported}>
                {(reported) => <Swatch id={reported.node_id} root={reported.root} />}
              </For>
            </ul>
          </>
        )}
      </Show>
    </section>
  )
}
