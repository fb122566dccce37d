import { createMemo, For, type JSX, Show } from 'solid-js'
import type { Job } from '../../protocol/api/job-schema.ts'
import { eventText, phasesOf, sinceStart } from '../format/phases.ts'
import { isClosed } from '../format/status.ts'
import { formatDuration } from '../format/time.ts'
import { createClock } from '../state/clock.ts'
import { PeerName } from './PeerName.tsx'

/** A running phase counts visibly without stealing the reader's eye. */
const CLOCK_MS = 250

function Phases(props: { job: Job }): JSX.Element {
  const now = createClock(CLOCK_MS)
  const phases = createMemo(() => phasesOf(props.job, now()))
  const total = () => phases().reduce((sum, { durationMs }) => sum + durationMs, 0)
  return (
    <>
      <p class="total">
        {formatDuration(total())}{' '}
        {isClosed(props.job.status) ? 'from the submission to the result' : 'so far'}
      </p>
      <div class="bar" aria-hidden="true">
        <For each={phases()}>
          {({ name, durationMs }) => (
            <span
              class={`part phase-${name.toLowerCase()}`}
              style={{ 'flex-grow': Math.max(durationMs, 1) }}
            />
          )}
        </For>
      </div>
      <dl class="phases">
        <For each={phases()}>
          {({ name, durationMs, isOpen }) => (
            <div>
              <dt>
                <span class={`swatch phase-${name.toLowerCase()}`} aria-hidden="true" />
                {name}
              </dt>
              <dd>
                {formatDuration(durationMs)}
                {isOpen ? ' …' : ''}
              </dd>
            </div>
          )}
        </For>
      </dl>
    </>
  )
}

/** How long each phase took, and everything that this peer learnt on the way. */
export function Timeline(props: { job: Job }): JSX.Element {
  return (
    <section aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      <Phases job={props.job} />
      <details>
        <summary>All {props.job.timeline.length} events</summary>
        <ol class="events">
          <For each={props.job.timeline}>
            {(entry) => (
              <li>
                <span class="since">{formatDuration(sinceStart(props.job, entry.at))}</span>
                <span>
                  {eventText(entry)}
                  <Show when={entry.peer}>
                    {(peer) => (
                      <>
                        {': '}
                        <PeerName id={peer()} />
                      </>
                    )}
                  </Show>
                </span>
              </li>
            )}
          </For>
        </ol>
      </details>
    </section>
  )
}
