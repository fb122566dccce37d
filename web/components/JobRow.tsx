import { A } from '@solidjs/router'
import { type JSX, Show } from 'solid-js'
import type { JobSummary } from '../../protocol/api/job-schema.ts'
import { inCredits } from '../format/credits.ts'
import { shortDigest } from '../format/identity.ts'
import { formatConfidence } from '../format/verdict.ts'
import { Moment } from './Moment.tsx'
import { StatusFlow } from './StatusFlow.tsx'

/** One job of the list: what was asked, where it stands, what it came to. */
export function JobRow(props: { job: JobSummary; nowMs: number }): JSX.Element {
  const confidence = () => (props.job.status === 'completed' ? props.job.confidence : null)
  return (
    <li class="job-row" data-status={props.job.status}>
      <A href={`/jobs/${props.job.id}`}>
        <span class="preview">
          {props.job.prompt_preview ?? `Job ${shortDigest(props.job.id)} (not readable here)`}
        </span>
      </A>
      <StatusFlow status={props.job.status} />
      <p class="outcome">
        <Show when={confidence() !== null}>
          <span>{formatConfidence(confidence() ?? 0)} confident</span>
        </Show>
        <Show when={props.job.charged}>{(charged) => <span>{inCredits(charged())}</span>}</Show>
        <span>
          {props.job.replicas} {props.job.replicas === 1 ? 'answer' : 'answers'}
        </span>
        <Moment at={props.job.created_at} nowMs={props.nowMs} />
      </p>
    </li>
  )
}
