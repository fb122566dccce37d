import { For, type JSX, Show } from 'solid-js'
import { client } from '../state/client.ts'
import { createPolled } from '../state/polled.ts'
import { CopyButton } from './CopyButton.tsx'

/** Addresses change with the machine's networks. */
const PERIOD_MS = 30_000

/** Who this peer is and how others reach it. */
export function SelfCard(): JSX.Element {
  const self = createPolled((signal) => client.getSelf({}, { signal }), PERIOD_MS)
  return (
    <Show when={self.value}>
      {(value) => (
        <section aria-labelledby="self-title">
          <h2 id="self-title">This peer</h2>
          <dl class="facts">
            <dt>Identity</dt>
            <dd>
              <code class="long">{value().peer_id}</code>{' '}
              <CopyButton text={value().peer_id} label="Copy the identity of this peer" />
            </dd>
            <dt>Operator</dt>
            <dd>{value().operator ?? 'unknown to the charter'}</dd>
            <dt>Role</dt>
            <dd>{value().witness ? 'witness and member' : 'member'}</dd>
            <dt>Swarm</dt>
            <dd>
              {value().swarm_name} <code class="long">{value().swarm_id}</code>
            </dd>
            <dt>Version</dt>
            <dd>{value().version}</dd>
            <dt>Addresses</dt>
            <dd>
              <ul class="plain">
                <For each={value().addresses} fallback={<li>none</li>}>
                  {(address) => (
                    <li>
                      <code class="long">{address}</code>
                    </li>
                  )}
                </For>
              </ul>
            </dd>
          </dl>
        </section>
      )}
    </Show>
  )
}
