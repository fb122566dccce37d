import type { JSX } from 'solid-js'

/** One number of a list of figures: what it counts, the number, and what stands beside it. */
export function Figure(props: { label: string; value: JSX.Element; note?: JSX.Element }): JSX.Element {
  return (
    <div class="figure">
      <dt>{props.label}</dt>
      <dd>
        <span class="value">{props.value}</span>
        <span class="note">{props.note}</span>
      </dd>
    </div>
  )
}
