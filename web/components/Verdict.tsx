import { type JSX, Show } from 'solid-js'
import type { Job } from '../../protocol/api/job-schema.ts'
import { agreementSentence, CONFIDENCE_MEANING, formatConfidence } from '../format/verdict.ts'
import { CopyButton } from './CopyButton.tsx'

function Confidence(props: { job: Job; confidence: number }): JSX.Element {
  const isLow = () => props.confidence < props.job.min_confidence
  return (
    <aside class="confidence" aria-label="Confidence">
      <p class="numeral">{formatConfidence(props.confidence)}</p>
      <div
        class="meter"
        role="meter"
        aria-label="Confidence"
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow={Math.floor(props.confidence * 100)}
      >
        <span class="fill" style={{ width: `${props.confidence * 100}%` }} />
        <Show when={props.job.min_confidence > 0}>
          <span class="asked" style={{ left: `${props.job.min_confidence * 100}%` }} />
        </Show>
      </div>
      <p class="meaning">{CONFIDENCE_MEANING}</p>
      <Show when={props.job.min_confidence > 0}>
        <p class="fine" classList={{ low: isLow() }}>
          {isLow() ? 'Below' : 'At least'} the {formatConfidence(props.job.min_confidence)} that were asked
          for.
        </p>
      </Show>
    </aside>
  )
}

/** What came out: the merged answer, and how far it can be relied on. */
export function Verdict(props: { job: Job }): JSX.Element {
  return (
    <section class="verdict" aria-labelledby="verdict-title">
      <div class="output">
        <div class="section-head">
          <h2 id="verdict-title">{props.job.output === null ? 'No merged answer' : 'Merged answer'}</h2>
          <Show when={props.job.output}>
            {(output) => <CopyButton text={output()} label="Copy the merged answer" />}
          </Show>
        </div>
        <Show when={props.job.agreement}>
          {(agreement) => <p class="agreement">{agreementSentence(agreement(), props.job.answers)}</p>}
        </Show>
        <Show when={props.job.output !== null} fallback={<NoOutput job={props.job} />}>
          <div class="text">{props.job.output === '' ? 'The merged answer is empty.' : props.job.output}</div>
        </Show>
      </div>
      <Show when={props.job.winner !== null && props.job.confidence !== null}>
        <Confidence job={props.job} confidence={props.job.confidence ?? 0} />
      </Show>
    </section>
  )
}

function NoOutput(props: { job: Job }): JSX.Element {
  const sentence = () => {
    if (props.job.winner !== null) return 'There is one, but this peer does not hold its text.'
    return props.job.answers.length === 0
      ? 'Nothing was answered, and all that was set aside went back to the payer.'
      : 'What the nodes answered is below; what was not paid out went back to the payer.'
  }
  return <p>{sentence()}</p>
}
