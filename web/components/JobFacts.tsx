import type { JSX } from 'solid-js'
import type { Job } from '../../protocol/api/job-schema.ts'
import { inCredits } from '../format/credits.ts'
import { formatTime } from '../format/time.ts'
import { formatConfidence } from '../format/verdict.ts'
import { AnsweringModel } from './AnsweringModel.tsx'
import { PeerName } from './PeerName.tsx'

/** What was asked for, as the payer signed it. */
export function JobFacts(props: { job: Job }): JSX.Element {
  return (
    <section aria-labelledby="facts-title">
      <h2 id="facts-title">As it was asked</h2>
      <dl class="facts">
        <dt>Model</dt>
        <dd>
          <AnsweringModel job={props.job} />
        </dd>
        <dt>Answers</dt>
        <dd>
          {props.job.replicas}, compared by {props.job.comparator},{' '}
          {props.job.min_confidence === 0
            ? 'at any confidence'
            : `confidence of at least ${formatConfidence(props.job.min_confidence)}`}
        </dd>
        <dt>Highest price</dt>
        <dd>{inCredits(props.job.max_price)} for one answer</dd>
        <dt>Sampling</dt>
        <dd>
          temperature {props.job.params.temperature}, seed {props.job.params.seed}, at most{' '}
          {props.job.params.max_tokens} tokens
        </dd>
        <dt>Readers</dt>
        <dd>
          {props.job.visibility === 'public'
            ? 'every member of the swarm'
            : 'the elected nodes, their stand-ins and the witnesses'}
        </dd>
        <dt>Payer</dt>
        <dd>
          <PeerName id={props.job.payer} />
        </dd>
        <dt>Submitted</dt>
        <dd>{formatTime(props.job.created_at)}</dd>
        <dt>Job</dt>
        <dd>
          <code class="long">{props.job.id}</code>
        </dd>
      </dl>
    </section>
  )
}
