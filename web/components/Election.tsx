import { type JSX, Match, Show, Switch } from 'solid-js'
import type { JobDecision } from '../../protocol/api/decision-schema.ts'
import type { Job } from '../../protocol/api/job-schema.ts'
import { shortDigest } from '../format/identity.ts'
import type { Asked } from '../state/asked.ts'
import { BidTable } from './BidTable.tsx'
import { FaultNotice } from './FaultNotice.tsx'

function signers({ quorum }: JobDecision): string {
  const count = quorum.signers.length
  return `${count} ${count === 1 ? 'witness' : 'witnesses'} signed it in round ${quorum.round}`
}

/** What else was decided, and computed again; what this peer can't read it can't check. */
function further({ steps }: JobDecision): string {
  if (steps.length < 2) return ''
  const isWhole = steps.every(({ checks }) => checks.every(({ holds }) => holds !== null))
  return isWhole
    ? ', and the same verdict and payments'
    : ', and the same payments; the answers, which the verdict rests on, are not all here'
}

function failedIn({ steps }: JobDecision): string {
  return steps
    .flatMap(({ step, checks }) =>
      checks.flatMap(({ what, holds }) => (holds === false ? `step ${step}, ${what}` : [])),
    )
    .join('; ')
}

function Recomputed(props: { decision: JobDecision; asked: Asked<JobDecision> }): JSX.Element {
  return (
    <>
      <p class="verified" data-verified={props.decision.verified}>
        <strong>{props.decision.verified ? 'Verified: yes.' : 'Verified: no.'}</strong>{' '}
        {props.decision.verified
          ? `This peer computed the election again from the ${props.decision.bids.length} signed bids and got the same nodes${further(props.decision)}.`
          : `Computing it again gives something else than the witnesses decided: ${failedIn(props.decision)}.`}{' '}
        {signers(props.decision)}
        <Show when={props.decision.seed} fallback=".">
          {(seed) => (
            <>
              ; ties are broken by the seed <code title={seed()}>{shortDigest(seed())}</code>.
            </>
          )}
        </Show>
      </p>
      <BidTable decision={props.decision} />
      <button type="button" aria-disabled={props.asked.isAsking} onClick={() => props.asked.again()}>
        {props.asked.isAsking ? 'Verifying…' : 'Verify again'}
      </button>
    </>
  )
}

/** Why these nodes: the bids, their scores, and whether the election comes out the same again. */
export function Election(props: { job: Job; asked: Asked<JobDecision> }): JSX.Element {
  const isDecided = () => props.job.slots.length > 0
  return (
    <section class="election" aria-labelledby="election-title">
      <h2 id="election-title">Election</h2>
      <Switch>
        <Match when={!isDecided()}>
          <p>
            {props.job.status === 'void'
              ? 'No election took place.'
              : `${props.job.bids} ${props.job.bids === 1 ? 'bid' : 'bids'} so far; the election is still to come.`}
          </p>
        </Match>
        <Match when={props.asked.value}>
          {(decision) => <Recomputed decision={decision()} asked={props.asked} />}
        </Match>
      </Switch>
      <FaultNotice fault={props.asked.fault} />
    </section>
  )
}
