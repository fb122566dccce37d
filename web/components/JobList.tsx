import { createSignal, For, type JSX, Show } from 'solid-js'
import type { JobStatusName, JobSummary } from '../../protocol/api/job-schema.ts'
import { STATUS_TEXTS } from '../format/status.ts'
import { client } from '../state/client.ts'
import { createClock } from '../state/clock.ts'
import { createPaged } from '../state/paged.ts'
import { FaultNotice } from './FaultNotice.tsx'
import { JobRow } from './JobRow.tsx'

const PERIOD_MS = 1_500
const CLOCK_MS = 5_000
const STATUSES = Object.keys(STATUS_TEXTS) as JobStatusName[]

/** Jobs that this peer knows, newest first. The first page is kept up to date; older ones stay as they came. */
export function JobList(): JSX.Element {
  const [status, setStatus] = createSignal<JobStatusName>()
  const list = createPaged<JobSummary>({
    periodMs: PERIOD_MS,
    keyOf: ({ id }) => id,
    fetch(cursor, signal) {
      const only = status()
      const query = {
        ...(only === undefined ? {} : { status: only }),
        ...(cursor === undefined ? {} : { cursor }),
      }
      return client.listJobs({ query }, signal === undefined ? {} : { signal })
    },
  })
  const now = createClock(CLOCK_MS)
  const jobs = () => list.items ?? []

  function choose(name: string): void {
    setStatus(STATUSES.find((candidate) => candidate === name))
    list.restart()
  }

  return (
    <section aria-labelledby="jobs-title">
      <div class="section-head">
        <h2 id="jobs-title">Jobs</h2>
        <label class="filter">
          Show{' '}
          <select onChange={(event) => choose(event.currentTarget.value)}>
            <option value="">all</option>
            <For each={STATUSES}>
              {(name) => <option value={name}>{STATUS_TEXTS[name].label.toLowerCase()}</option>}
            </For>
          </select>
        </label>
      </div>
      <FaultNotice fault={list.fault} />
      <Show
        when={jobs().length > 0}
        fallback={
          <Show when={list.items}>
            <p class="empty">
              {status() === undefined ? 'No job yet: the first one is yours.' : 'No such job.'}
            </p>
          </Show>
        }
      >
        <ul class="jobs">
          <For each={jobs().map(({ id }) => id)}>
            {(id) => (
              <Show when={jobs().find((job) => job.id === id)}>
                {(job) => <JobRow job={job()} nowMs={now()} />}
              </Show>
            )}
          </For>
        </ul>
        <Show when={list.hasMore}>
          <button type="button" onClick={() => void list.more()}>
            Show older jobs
          </button>
        </Show>
      </Show>
    </section>
  )
}
