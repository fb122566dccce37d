import { type JSX, Show } from 'solid-js'
import { shortPeer } from '../format/identity.ts'
import { useSwarm } from '../state/swarm.ts'

/** A peer by its operator's label, where one is known, and the end of its id. */
export function PeerName(props: { id: string; operator?: string | null }): JSX.Element {
  const swarm = useSwarm()
  const operator = () => props.operator ?? swarm.node(props.id)?.operator
  return (
    <span class="peer" title={props.id}>
      <Show when={operator()}>{(name) => <b>{name()}</b>}</Show> <code>{shortPeer(props.id)}</code>
    </span>
  )
}
