import { For, type JSX, Show } from 'solid-js'
import type { Answer, Job } from '../../protocol/api/job-schema.ts'
import { inCredits } from '../format/credits.ts'
import { formatCosine, groupNumber, OUTCOME_LABELS } from '../format/verdict.ts'
import { outcomeSentence, whySentences } from '../format/why.ts'
import { MarkedText } from './MarkedText.tsx'
import { PeerName } from './PeerName.tsx'

function Why(props: { answer: Answer; job: Job }): JSX.Element {
  const sentences = () => whySentences(props.answer, props.job.output)
  return (
    <div class="why">
      <p>
        {props.answer.slot === props.job.winner
          ? 'It stands for all that agree: this text is the merged answer.'
          : outcomeSentence(props.answer, props.job)}
      </p>
      <Show when={sentences().length > 0}>
        <ul>
          <For each={sentences()}>{(sentence) => <li>{sentence}</li>}</For>
        </ul>
      </Show>
    </div>
  )
}

/** One node's answer: what it said, what became of it and why, and what it was paid. */
export function AnswerCard(props: { answer: Answer; job: Job }): JSX.Element {
  const title = () => `answer-${props.answer.slot}`
  const isPaid = () => props.answer.paid !== '0'
  return (
    <li class="answer" data-outcome={props.answer.outcome} aria-labelledby={title()}>
      <div class="answer-head">
        <h3 id={title()}>
          <PeerName id={props.answer.node_id} operator={props.answer.operator} />
        </h3>
        <span class="badge" data-outcome={props.answer.outcome}>
          {OUTCOME_LABELS[props.answer.outcome]}
        </span>
      </div>
      <Why answer={props.answer} job={props.job} />
      <Show when={props.answer.outcome !== 'silent'}>
        <Show
          when={props.answer.answer !== null}
          fallback={<p class="empty">This peer doesn't hold its text.</p>}
        >
          {/* Long answers scroll, so the box takes the focus for the arrow keys. */}
          <div class="text" tabindex="0" role="group" aria-label="Answer">
            <MarkedText text={props.answer.answer ?? ''} findings={props.answer.findings} />
          </div>
        </Show>
      </Show>
      <dl class="measures">
        <div>
          <dt>Likeness</dt>
          <dd title="Cosine of hashed embeddings: near-duplicates are close to 1. It never decides alone.">
            {props.answer.outcome === 'silent' ? 'none' : formatCosine(props.answer.cosine)}
          </dd>
        </div>
        <div>
          <dt>Asked</dt>
          <dd>{inCredits(props.answer.price)}</dd>
        </div>
        <div>
          <dt>Paid</dt>
          <dd classList={{ unpaid: !isPaid() }}>{isPaid() ? inCredits(props.answer.paid) : 'nothing'}</dd>
        </div>
        <div>
          <dt>Group</dt>
          <dd>{groupNumber(props.job, props.answer) ?? 'none'}</dd>
        </div>
      </dl>
    </li>
  )
}
