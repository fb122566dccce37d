import { createSignal, For, type JSX, Show } from 'solid-js'
import type { JobStatusName, JobSummary } from '../../protocol/api/job-schema.ts'
import { STATUS_TEXTS } from '../format/status.ts'
import { type Fault, faultOf } from '../format/fault.ts'
import { client } from '../state/client.ts'
import { createClock } from '../state/clock.ts'
import { createPolled } from '../state/polled.ts'
import { FaultNotice } from './FaultNotice.tsx'
import { JobRow } from './JobRow.tsx'

const PERIOD_MS = 1_500
const CLOCK_MS = 5_000
const STATUSES = Object.keys(STATUS_TEXTS) as JobStatusName[]

/** Jobs that this peer knows, newest first. The first page is kept up to date; older ones stay as they came. */
export function JobList(): JSX.Element {
  const [status, setStatus] = createSignal<JobStatusName>()
  const [older, setOlder] = createSignal<{ items: readonly JobSummary[]; cursor: string | null }>()
  const [fault, setFault] = createSignal<Fault>()
  const filter = () => {
    const only = status()
    return only === undefined ? {} : { status: only }
  }
  const first = createPolled((signal) => client.listJobs({ query: filter() }, { signal }), PERIOD_MS)
  const now = createClock(CLOCK_MS)
  const next = () => (older() === undefined ? first.value?.next_cursor : older()?.cursor) ?? null
  const jobs = () => {
    const shown = first.value?.items ?? []
    const ids = new Set(shown.map(({ id }) => id))
    return [...shown, ...(older()?.items ?? []).filter(({ id }) => !ids.has(id))]
  }

  function choose(name: string): void {
    setStatus(STATUSES.find((candidate) => candidate === name))
    setOlder(undefined)
    first.refresh()
  }

  async function more(cursor: string): Promise<void> {
    try {
      const page = await client.listJobs({ query: { ...filter(), cursor } })
      setOlder((before) => ({ items: [...(before?.items ?? []), ...page.items], cursor: page.next_cursor }))
      setFault(undefined)
    } catch (error) {
      setFault(faultOf(error))
    }
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
      <FaultNotice fault={fault() ?? first.fault} />
      <Show
        when={jobs().length > 0}
        fallback={
          <Show when={first.value}>
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
        <Show when={next()}>
          {(cursor) => (
            <button type="button" onClick={() => void more(cursor())}>
              Show older jobs
            </button>
          )}
        </Show>
      </Show>
    </section>
  )
}
