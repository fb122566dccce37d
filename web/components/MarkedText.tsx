import { createMemo, For, type JSX, Show } from 'solid-js'
import type { Finding } from '../../protocol/api/job-schema.ts'
import { cutBySpans, type Stretch } from '../format/spans.ts'

/** Words for a mark, read out and shown on hover. */
const MARKS: Readonly<Record<Finding['kind'], string>> = {
  number: 'different number',
  negation: 'opposite claim',
  refusal: 'refusal',
  structure: 'different structure',
  content: 'different content',
  unrelated: 'unrelated',
  empty: 'empty',
}

interface MarkedTextProps {
  text: string
  findings: readonly Finding[]
}

/** An answer with the places marked where it differs from the merged one. It is text and never markup. */
export function MarkedText(props: MarkedTextProps): JSX.Element {
  const stretches = createMemo(() =>
    cutBySpans(
      props.text,
      props.findings.map(({ own }) => own),
    ),
  )
  const kindsOf = ({ covers }: Stretch) => [
    ...new Set(covers.flatMap((at) => props.findings[at]?.kind ?? [])),
  ]
  const nameOf = (stretch: Stretch) =>
    kindsOf(stretch)
      .map((kind) => MARKS[kind])
      .join(', ')
  return (
    <For each={stretches()}>
      {(stretch) => (
        <Show when={stretch.covers.length > 0} fallback={stretch.text}>
          <mark classList={{ gap: stretch.isGap }} data-kind={kindsOf(stretch)[0]} title={nameOf(stretch)}>
            {stretch.isGap ? <span class="hidden">something is missing here</span> : stretch.text}
          </mark>
        </Show>
      )}
    </For>
  )
}
