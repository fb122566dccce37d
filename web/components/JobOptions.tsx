import { For, type JSX, Show } from 'solid-js'
import type { Model } from '../../protocol/api/network-schema.ts'
import { isReferenceModel, REFERENCE_LABEL } from '../format/identity.ts'
import { type DraftFault, type JobDraft, REPLICAS_MAX } from '../state/job-draft.ts'

interface JobOptionsProps {
  draft: JobDraft
  wrong: DraftFault | undefined
  models: readonly Model[]
  onChange: (fields: Partial<JobDraft>) => void
}

const COMPARATORS: readonly (readonly [value: JobDraft['comparator'], hint: string])[] = [
  ['auto', 'By the shape of the answers.'],
  ['text', 'The same in other words agrees.'],
  ['exact', 'Only the very same agrees.'],
]

function modelLabel({ name, nodes }: Model): string {
  const offers = `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`
  return isReferenceModel(name) ? `${name} (${REFERENCE_LABEL}; ${offers})` : `${name} (${offers})`
}

function Field(props: {
  name: string
  label: string
  hint?: JSX.Element
  children: JSX.Element
}): JSX.Element {
  return (
    <div class={`field field-${props.name}`}>
      <label for={`option-${props.name}`}>{props.label}</label>
      {props.children}
      <Show when={props.hint}>
        <p class="hint" id={`hint-${props.name}`}>
          {props.hint}
        </p>
      </Show>
    </div>
  )
}

/** How a prompt is to be answered; every field has a default of the swarm. */
export function JobOptions(props: JobOptionsProps): JSX.Element {
  const text = (name: 'maxPrice' | 'minConfidencePercent' | 'temperature', placeholder: string) => (
    <input
      id={`option-${name}`}
      name={name}
      type="text"
      inputmode="decimal"
      autocomplete="off"
      placeholder={placeholder}
      aria-invalid={props.wrong?.field === name}
      aria-describedby={`hint-${name}`}
      value={props.draft[name]}
      onInput={(event) => props.onChange({ [name]: event.currentTarget.value })}
    />
  )
  return (
    <fieldset class="options">
      <legend>How it is answered</legend>
      <Field name="model" label="Model">
        <select
          id="option-model"
          name="model"
          value={props.draft.model}
          onChange={(event) => props.onChange({ model: event.currentTarget.value })}
        >
          <option value="">the one most offered</option>
          <For each={props.models}>{(model) => <option value={model.name}>{modelLabel(model)}</option>}</For>
        </select>
      </Field>
      <Field
        name="replicas"
        label="Answers"
        hint={
          props.draft.replicas < 3
            ? 'Fewer than three give no majority.'
            : 'Independent nodes, one answer each.'
        }
      >
        <div class="range">
          <input
            id="option-replicas"
            name="replicas"
            type="range"
            min="1"
            max={REPLICAS_MAX}
            step="1"
            aria-describedby="hint-replicas"
            value={props.draft.replicas}
            onInput={(event) => props.onChange({ replicas: event.currentTarget.valueAsNumber })}
          />
          <output for="option-replicas">{props.draft.replicas}</output>
        </div>
      </Field>
      <Field
        name="comparator"
        label="Comparison"
        hint={COMPARATORS.find(([value]) => value === props.draft.comparator)?.[1]}
      >
        <select
          id="option-comparator"
          name="comparator"
          aria-describedby="hint-comparator"
          value={props.draft.comparator}
          onChange={(event) =>
            props.onChange({
              comparator: COMPARATORS.find(([value]) => value === event.currentTarget.value)?.[0] ?? 'auto',
            })
          }
        >
          <For each={COMPARATORS}>{([value]) => <option value={value}>{value}</option>}</For>
        </select>
      </Field>
      <Field name="maxPrice" label="Highest price" hint="Credits for one answer.">
        {text('maxPrice', 'default')}
      </Field>
      <Field
        name="minConfidencePercent"
        label="Lowest confidence"
        hint="Percent; below it, more nodes are asked."
      >
        {text('minConfidencePercent', 'default')}
      </Field>
      <Field name="temperature" label="Temperature" hint="0 to 2; above 0, honest answers differ more.">
        {text('temperature', '0')}
      </Field>
    </fieldset>
  )
}
