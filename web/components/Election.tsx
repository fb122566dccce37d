import { createMemo, type JSX, Match, Switch } from 'solid-js'
import type { JobDecision } from '../../protocol/api/decision-schema.ts'
import type { Job } from '../../protocol/api/job-schema.ts'
import { shortDigest } from '../format/identity.ts'
import { type Asked, createAsked } from '../state/asked.ts'
import { client } from '../state/client.ts'
import { BidTable } from './BidTable.tsx'
import { FaultNotice } from './FaultNotice.tsx'

function signers({ quorum }: JobDecision): string {
  const count = quorum.signers.length
  return `${count} ${count === 1 ? 'witness' : 'witnesses'} signed it in round ${quorum.round}`
}

function Recomputed(props: { decision: JobDecision; asked: Asked<JobDecision> }): JSX.Element {
  return (
    <>
      <p class="verified" data-verified={props.decision.verified}>
        <strong>{props.decision.verified ? 'Verified: yes.' : 'Verified: no.'}</strong>{' '}
        {props.decision.verified
          ? `This peer computed the election again from the ${props.decision.bids.length} signed bids and got the same nodes.`
          : 'Computing the election again from the signed bids gives something else than the witnesses decided.'}{' '}
        {signers(props.decision)}; ties are broken by the seed{' '}
        <code title={props.decision.seed}>{shortDigest(props.decision.seed)}</code>.
      </p>
      <BidTable decision={props.decision} />
      <button type="button" aria-disabled={props.asked.isAsking} onClick={() => props.asked.again()}>
        {props.asked.isAsking ? 'Verifying…' : 'Verify again'}
      </button>
    </>
  )
}

/** Why these nodes: the bids, their scores, and whether the election comes out the same again. */
export function Election(props: { job: Job }): JSX.Element {
  const isDecided = () => props.job.slots.length > 0
  const id = createMemo(() => (isDecided() ? props.job.id : undefined))
  const asked = createAsked(id, (job, signal) => client.getDecision({ params: { id: job } }, { signal }))
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
        <Match when={asked.value}>{(decision) => <Recomputed decision={decision()} asked={asked} />}</Match>
      </Switch>
      <FaultNotice fault={asked.fault} />
    </section>
  )
}
