import { createResource, type JSX, Match, Show, Switch } from 'solid-js'
import type { JobDecision } from '../../protocol/api/decision-schema.ts'
import type { Job } from '../../protocol/api/job-schema.ts'
import { faultOf } from '../format/fault.ts'
import { shortDigest } from '../format/identity.ts'
import { client } from '../state/client.ts'
import { BidTable } from './BidTable.tsx'
import { FaultNotice } from './FaultNotice.tsx'

function signers({ quorum }: JobDecision): string {
  const count = quorum.signers.length
  return `${count} ${count === 1 ? 'witness' : 'witnesses'} signed it in round ${quorum.round}`
}

function Recomputed(props: { decision: JobDecision; refresh: () => void }): JSX.Element {
  return (
    <>
      <p class="verified" data-verified={props.decision.verified}>
        <strong>{props.decision.verified ? 'Verified: yes.' : 'Verified: no.'}</strong>{' '}
        {props.decision.verified
          ? `This peer computed the election again from the ${props.decision.bids.length} signed bids and got the same nodes.`
          : 'Computing the election again from the signed bids gives something else than the witnesses decided.'}{' '}
        {signers(props.decision)}; ties were broken by the seed{' '}
        <code title={props.decision.seed}>{shortDigest(props.decision.seed)}</code>.
      </p>
      <BidTable decision={props.decision} />
      <button type="button" onClick={() => props.refresh()}>
        Verify again
      </button>
    </>
  )
}

/** Why these nodes: the bids, their scores, and whether the election comes out the same again. */
export function Election(props: { job: Job }): JSX.Element {
  const isDecided = () => props.job.slots.length > 0
  // An outcome as a value, so that a failure shows here and not at the boundary of the page.
  const [outcome, { refetch }] = createResource(
    () => (isDecided() ? props.job.id : undefined),
    (id) =>
      client
        .getDecision({ params: { id } })
        .then((decision) => ({ decision, fault: undefined }))
        .catch((error: unknown) => ({ decision: undefined, fault: faultOf(error) })),
  )
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
        <Match when={outcome.latest?.decision}>
          {(decision) => <Recomputed decision={decision()} refresh={() => void refetch()} />}
        </Match>
      </Switch>
      <Show when={outcome.latest?.fault}>{(fault) => <FaultNotice fault={fault()} />}</Show>
    </section>
  )
}
