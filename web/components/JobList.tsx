import { createSignal, For, type JSX, Show } from 'solid-js'
import type { JobStatusName, JobSummary } from '../../protocol/api/job-schema.ts'
import { STATUS_TEXTS } from '../format/status.ts'
import { client } from '../state/client.ts'
import { createClock } from '../state/clock.ts'
import { createPaged } from '../state/paged.ts'
import { JobRow } from './JobRow.tsx'
import { PagedSection } from './PagedSection.tsx'

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
    <PagedSection
      name="jobs"
      title="Jobs"
      choices={STATUSES.map((name) => [name, STATUS_TEXTS[name].label] as const)}
      onChoose={choose}
      paged={list}
      empty={status() === undefined ? 'No job yet: the first one is yours.' : 'No such job.'}
      older="Show older jobs"
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
    </PagedSection>
  )
}
