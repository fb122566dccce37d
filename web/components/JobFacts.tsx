import { type JSX, Show } from 'solid-js'
import type { Job } from '../../protocol/api/job-schema.ts'
import { inCredits } from '../format/credits.ts'
import { formatTime } from '../format/time.ts'
import { formatConfidence } from '../format/verdict.ts'
import { useSwarm } from '../state/swarm.ts'
import { ModelName } from './ModelName.tsx'
import { PeerName } from './PeerName.tsx'

/** The model where it was left open: told only if all elected nodes offer the same one and no other. */
function OpenModel(props: { job: Job }): JSX.Element {
  const swarm = useSwarm()
  const only = () => {
    const offered = props.job.slots.flatMap(
      ({ node_id: id }) => swarm.node(id)?.models.map(({ name }) => name) ?? [],
    )
    const names = new Set(offered)
    return names.size === 1 ? offered[0] : undefined
  }
  return (
    <>
      left open: the one most offered
      <Show when={only()}>
        {(name) => (
          <>
            {'; the elected nodes offer '}
            <ModelName name={name()} />
          </>
        )}
      </Show>
    </>
  )
}

/** What was asked for, as the payer signed it. */
export function JobFacts(props: { job: Job }): JSX.Element {
  return (
    <section aria-labelledby="facts-title">
      <h2 id="facts-title">As it was asked</h2>
      <dl class="facts">
        <dt>Model</dt>
        <dd>
          <Show when={props.job.model} fallback={<OpenModel job={props.job} />}>
            {(name) => <ModelName name={name()} />}
          </Show>
        </dd>
        <dt>Answers</dt>
        <dd>
          {props.job.replicas}, compared by {props.job.comparator}, confidence of at least{' '}
          {formatConfidence(props.job.min_confidence)}
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
