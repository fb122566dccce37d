import { For, type JSX } from 'solid-js'
import type { JobStatusName } from '../../protocol/api/job-schema.ts'
import { STATUS_TEXTS, statusFlow } from '../format/status.ts'

/** Where a job stands among the five steps of its way. */
export function StatusFlow(props: { status: JobStatusName }): JSX.Element {
  return (
    <ol class="flow" aria-label={`Status: ${STATUS_TEXTS[props.status].label}`}>
      <For each={statusFlow(props.status)}>
        {(step) => (
          <li
            data-state={step.state}
            data-status={step.status}
            aria-current={step.state === 'current' ? 'step' : undefined}
          >
            <span>{step.label}</span>
          </li>
        )}
      </For>
    </ol>
  )
}
