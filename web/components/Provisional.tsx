import { type JSX, Match, Show, Switch } from 'solid-js'
import { TOLD_SLOT } from '../../protocol/api/socket-messages.ts'
import type { Job } from '../../protocol/api/job-schema.ts'
import { afterword } from '../format/provisional.ts'
import { isClosed } from '../format/status.ts'
import type { AnswerText } from '../state/answer-text.ts'
import { PeerName } from './PeerName.tsx'

/** One node's answer as it comes, and, once the answers were compared, what became of it. */
export function Provisional(props: { job: Job; answer: AnswerText }): JSX.Element {
  const slot = () => props.job.slots.find((one) => one.slot === TOLD_SLOT)
  const outcome = () => props.job.answers.find((one) => one.slot === TOLD_SLOT)?.outcome
  const isOver = () => isClosed(props.job.status)
  return (
    <Switch>
      <Match when={!isOver() && (props.answer.text !== '' || props.answer.wasReset)}>
        <section class="provisional" aria-labelledby="provisional-title">
          <h2 id="provisional-title">One answer, as it comes</h2>
          <p class="fine">
            Provisional:{' '}
            <Show when={slot()}>{(one) => <PeerName id={one().node_id} operator={one().operator} />}</Show>{' '}
            says this, and nothing is compared yet.
            <Show when={props.answer.wasReset}> The node before it went silent; the text begins anew.</Show>
          </p>
          <div class="text" tabindex="0" role="group" aria-label="Provisional answer">
            {props.answer.text}
          </div>
        </section>
      </Match>
      <Match when={isOver() && props.answer.text !== '' && afterword(outcome()) !== undefined}>
        <p class="notice" role="status">
          {afterword(outcome())}
        </p>
      </Match>
    </Switch>
  )
}
