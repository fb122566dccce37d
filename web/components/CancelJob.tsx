import { createSignal, type JSX, Show } from 'solid-js'
import type { Job } from '../../protocol/api/job-schema.ts'
import { type Fault, faultOf } from '../format/fault.ts'
import { isClosed } from '../format/status.ts'
import { client } from '../state/client.ts'
import { useSwarm } from '../state/swarm.ts'
import { FaultNotice } from './FaultNotice.tsx'

/** The payer's way out of a job that goes on; to everybody else it only says that the payer took it. */
export function CancelJob(props: { job: Job }): JSX.Element {
  const swarm = useSwarm()
  const [isAsking, setAsking] = createSignal(false)
  const [fault, setFault] = createSignal<Fault>()
  const isOpen = () => !isClosed(props.job.status)
  const isMine = () => swarm.stats.value?.peer_id === props.job.payer

  async function cancel(): Promise<void> {
    if (isAsking()) return
    setAsking(true)
    setFault(undefined)
    try {
      // The page hears over its socket what came of it.
      await client.cancelJob({ params: { id: props.job.id } })
    } catch (error) {
      setFault(faultOf(error))
    }
    setAsking(false)
  }

  return (
    <>
      <Show when={isOpen() && isMine() && props.job.cancelled_at === null}>
        <button type="button" class="cancel" aria-disabled={isAsking()} onClick={() => void cancel()}>
          {isAsking() ? 'Cancelling…' : 'Cancel this job'}
        </button>
      </Show>
      <FaultNotice fault={fault()} />
    </>
  )
}
