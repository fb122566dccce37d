import { type JSX, Show } from 'solid-js'
import { isReferenceModel, REFERENCE_LABEL } from '../format/identity.ts'

/** A model's name; the embedded reference model always says what it is not. */
export function ModelName(props: { name: string }): JSX.Element {
  return (
    <span class="model">
      {props.name}
      <Show when={isReferenceModel(props.name)}>
        {' '}
        <small class="tag">{REFERENCE_LABEL}</small>
      </Show>
    </span>
  )
}
