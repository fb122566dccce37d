import { createMemo, For, type JSX, Show } from 'solid-js'
import type { JobDecision } from '../../protocol/api/decision-schema.ts'
import type { Job } from '../../protocol/api/job-schema.ts'
import { type Disruption, disruptionsOf } from '../format/disruptions.ts'
import { shortDigest, shortPeer } from '../format/identity.ts'

function Evidence(props: { of: Disruption['evidence'] }): JSX.Element {
  return (
    <Show when={props.of.length > 0}>
      <details>
        <summary>
          {props.of.length === 1
            ? 'The signed thing that shows it'
            : `${props.of.length} signed things show it`}
        </summary>
        <ul class="evidence">
          <For each={props.of}>
            {({ kind, signer, digest }) => (
              <li>
                {kind} <code title={digest}>{shortDigest(digest)}</code>
                <Show when={signer}>
                  {(id) => (
                    <>
                      {' by '}
                      <code title={id()}>{shortPeer(id())}</code>
                    </>
                  )}
                </Show>
              </li>
            )}
          </For>
        </ul>
      </details>
    </Show>
  )
}

/** What went otherwise than planned, whose fault it was and what shows it; nothing where all went well. */
export function Disruptions(props: { job: Job; decision: JobDecision | undefined }): JSX.Element {
  const all = createMemo(() => disruptionsOf(props.job, props.decision))
  return (
    <Show when={all().length > 0}>
      <section class="disruptions" aria-labelledby="disruptions-title">
        <h2 id="disruptions-title">What didn’t go as planned</h2>
        <ul>
          <For each={all()}>
            {(one) => (
              <li>
                <p>{one.sentence}</p>
                <Evidence of={one.evidence} />
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  )
}
