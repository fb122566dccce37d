import { A, useNavigate, useParams } from '@solidjs/router'
import { createEffect, type JSX, Show } from 'solid-js'
import type { Job as JobResource } from '../../protocol/api/job-schema.ts'
import { AnsweringModel } from '../components/AnsweringModel.tsx'
import { Answers } from '../components/Answers.tsx'
import { CancelJob } from '../components/CancelJob.tsx'
import { Disruptions } from '../components/Disruptions.tsx'
import { Election } from '../components/Election.tsx'
import { FaultNotice } from '../components/FaultNotice.tsx'
import { JobFacts } from '../components/JobFacts.tsx'
import { LinkState } from '../components/LinkState.tsx'
import { Provisional } from '../components/Provisional.tsx'
import { Receipts } from '../components/Receipts.tsx'
import { StatusFlow } from '../components/StatusFlow.tsx'
import { Threads } from '../components/Threads.tsx'
import { Timeline } from '../components/Timeline.tsx'
import { Verdict } from '../components/Verdict.tsx'
import { followedTo } from '../format/goes-on.ts'
import { shortDigest } from '../format/identity.ts'
import { isClosed, sentenceOf } from '../format/status.ts'
import { titleOf } from '../format/title.ts'
import type { AnswerText } from '../state/answer-text.ts'
import { createJobDecision } from '../state/job-decision.ts'
import { createJobWatch } from '../state/job-watch.ts'
import { createPageTitle } from '../state/page-title.ts'

function Question(props: { prompt: string | null }): JSX.Element {
  const title = () => (props.prompt === null ? 'A prompt that this peer may not read' : titleOf(props.prompt))
  return (
    <>
      <h1 class="question">{title()}</h1>
      <Show when={props.prompt !== null && props.prompt.trim() !== title()}>
        <details class="prompt">
          <summary>The whole prompt</summary>
          <div class="text" tabindex="0" role="group" aria-label="Prompt">
            {props.prompt}
          </div>
        </details>
      </Show>
    </>
  )
}

function JobBody(props: { job: JobResource; answer: AnswerText }): JSX.Element {
  const decision = createJobDecision(() => props.job)
  return (
    <>
      <StatusFlow status={props.job.status} />
      <p class="status-sentence" role="status">
        {sentenceOf(props.job)}
      </p>
      <Show when={props.job.continued_as}>
        {(next) => (
          <p role="status">
            No node was free. It goes on as <A href={`/jobs/${next()}`}>{shortDigest(next())}</A>: nothing has
            to be asked again.
          </p>
        )}
      </Show>
      <CancelJob job={props.job} />
      <Show when={props.job.slots.length > 0}>
        <Threads job={props.job} />
      </Show>
      <Provisional job={props.job} answer={props.answer} />
      <Show when={isClosed(props.job.status)}>
        <Verdict job={props.job} />
      </Show>
      <Show when={props.job.answers.length > 0}>
        <Answers job={props.job} />
      </Show>
      <Disruptions job={props.job} decision={decision.value} />
      <Timeline job={props.job} />
      <Receipts job={props.job} />
      <Election job={props.job} asked={decision} />
      <JobFacts job={props.job} />
    </>
  )
}

/** Whoever watches a job goes on with what it goes on as. */
function followReturns(job: () => JobResource | undefined): void {
  const navigate = useNavigate()
  let seenOpen: string | undefined
  createEffect(() => {
    const now = job()
    if (now === undefined) return
    const next = followedTo(now, seenOpen)
    if (!isClosed(now.status)) seenOpen = now.id
    if (next !== undefined) navigate(`/jobs/${next}`, { replace: true })
  })
}

export function Job(): JSX.Element {
  const params = useParams<{ id: string }>()
  const { job: watch, answer } = createJobWatch(() => params.id)
  followReturns(() => watch.value)
  createPageTitle(() => `Job ${shortDigest(params.id)}`)
  return (
    <article class="job">
      <div class="job-head">
        <p class="crumb">
          <A href="/jobs">Jobs</A> <span aria-hidden="true">/</span>{' '}
          <code title={params.id}>{shortDigest(params.id)}</code>
        </p>
        <Show when={watch.link !== 'live'}>
          <LinkState link={watch.link} />
        </Show>
      </div>
      <Show
        when={watch.value}
        fallback={
          <>
            <h1>Job {shortDigest(params.id)}</h1>
            <FaultNotice fault={watch.fault} />
          </>
        }
      >
        {(job) => (
          <>
            <FaultNotice fault={watch.fault} />
            <Question prompt={job().prompt} />
            <p class="byline">
              {job().replicas === 1 ? 'One answer' : `${job().replicas} answers`} by{' '}
              <AnsweringModel job={job()} />
            </p>
            <JobBody job={job()} answer={answer} />
          </>
        )}
      </Show>
    </article>
  )
}
