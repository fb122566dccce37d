import { A, useParams } from '@solidjs/router'
import { type JSX, Show } from 'solid-js'
import type { Job as JobResource } from '../../protocol/api/job-schema.ts'
import { Answers } from '../components/Answers.tsx'
import { Election } from '../components/Election.tsx'
import { FaultNotice } from '../components/FaultNotice.tsx'
import { JobFacts } from '../components/JobFacts.tsx'
import { LinkState } from '../components/LinkState.tsx'
import { Receipts } from '../components/Receipts.tsx'
import { StatusFlow } from '../components/StatusFlow.tsx'
import { Threads } from '../components/Threads.tsx'
import { Timeline } from '../components/Timeline.tsx'
import { Verdict } from '../components/Verdict.tsx'
import { shortDigest } from '../format/identity.ts'
import { isClosed, STATUS_TEXTS } from '../format/status.ts'
import { createJobWatch } from '../state/job-watch.ts'
import { createPageTitle } from '../state/page-title.ts'

function JobBody(props: { job: JobResource }): JSX.Element {
  return (
    <>
      <StatusFlow status={props.job.status} />
      <p class="status-sentence" role="status">
        {STATUS_TEXTS[props.job.status].sentence}
      </p>
      <Show when={props.job.slots.length > 0}>
        <Threads job={props.job} />
      </Show>
      <Show when={isClosed(props.job.status)}>
        <Verdict job={props.job} />
      </Show>
      <Show when={props.job.answers.length > 0}>
        <Answers job={props.job} />
      </Show>
      <Timeline job={props.job} />
      <Receipts job={props.job} />
      <Election job={props.job} />
      <JobFacts job={props.job} />
    </>
  )
}

export function Job(): JSX.Element {
  const params = useParams<{ id: string }>()
  const watch = createJobWatch(() => params.id)
  createPageTitle(() => `Job ${shortDigest(params.id)}`)
  return (
    <article class="job">
      <div class="job-head">
        <p class="crumb">
          <A href="/jobs">Jobs</A> <span aria-hidden="true">/</span>{' '}
          <code title={params.id}>{shortDigest(params.id)}</code>
        </p>
        <LinkState link={watch.link} />
      </div>
      <FaultNotice fault={watch.fault} />
      <Show when={watch.value}>
        {(job) => (
          <>
            <h1 class="question">{job().prompt ?? 'A prompt that this peer may not read'}</h1>
            <JobBody job={job()} />
          </>
        )}
      </Show>
    </article>
  )
}
