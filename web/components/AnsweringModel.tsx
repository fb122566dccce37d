import { type JSX, Show } from 'solid-js'
import type { Job } from '../../protocol/api/job-schema.ts'
import { useSwarm } from '../state/swarm.ts'
import { ModelName } from './ModelName.tsx'

/** Which model answers. Where it was left open, it is named if the elected nodes offer one and the same only. */
export function AnsweringModel(props: { job: Job }): JSX.Element {
  const swarm = useSwarm()
  const only = () => {
    const offers = props.job.slots.flatMap(({ node_id: id }) => swarm.node(id)?.models ?? [])
    const [name, ...further] = new Set(offers.map((model) => model.name))
    return further.length === 0 ? name : undefined
  }
  return (
    <Show when={props.job.model ?? only()} fallback="the model most offered">
      {(name) => <ModelName name={name()} />}
    </Show>
  )
}
