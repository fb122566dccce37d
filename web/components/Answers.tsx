import { For, type JSX } from 'solid-js'
import type { Answer, Job } from '../../protocol/api/job-schema.ts'
import { AnswerCard } from './AnswerCard.tsx'

/** The one that was chosen comes first, then those that agree, then the others. */
const ORDER: Readonly<Record<Answer['outcome'], number>> = { agreed: 1, unsure: 2, outvoted: 3, silent: 4 }

export function Answers(props: { job: Job }): JSX.Element {
  const rank = ({ slot, outcome }: Answer) => (slot === props.job.winner ? 0 : ORDER[outcome])
  const sorted = () => [...props.job.answers].sort((a, b) => rank(a) - rank(b) || a.slot - b.slot)
  return (
    <section aria-labelledby="answers-title">
      <h2 id="answers-title">What each node answered</h2>
      <ul class="answers">
        <For each={sorted().map(({ slot }) => slot)}>
          {(slot) => (
            <For each={props.job.answers.filter((answer) => answer.slot === slot)}>
              {(answer) => <AnswerCard answer={answer} job={props.job} />}
            </For>
          )}
        </For>
      </ul>
    </section>
  )
}
