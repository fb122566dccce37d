import { createMemo, type JSX, Show } from 'solid-js'
import type { Model } from '../../protocol/api/network-schema.ts'
import { formatCredits } from '../../protocol/api/credits.ts'
import { groupDigits, inCredits, unitsOf } from '../format/credits.ts'
import { createAsked } from '../state/asked.ts'
import { client } from '../state/client.ts'
import type { JobDraft } from '../state/job-draft.ts'
import { useSwarm } from '../state/swarm.ts'

function rangeOf({ price_min: low, price_max: high }: Model, replicas: number): string {
  const [min, max] = [low, high].map((price) => formatCredits(unitsOf(price) * BigInt(replicas)))
  return min === max ? inCredits(max ?? '0') : `${groupDigits(min ?? '0')} to ${inCredits(max ?? '0')}`
}

/** What the answers would cost at today's prices, and what there is to pay with. */
export function CostNote(props: { draft: JobDraft; models: readonly Model[] | undefined }): JSX.Element {
  const { stats } = useSwarm()
  const payer = createMemo(() => stats.value?.peer_id)
  const account = createAsked(payer, (id, signal) =>
    client.getAccount({ params: { account_type: 'user', account_id: id } }, { signal }),
  )
  const model = () => {
    const { model: name } = props.draft
    return name === '' ? props.models?.[0] : props.models?.find((offered) => offered.name === name)
  }
  return (
    <p class="cost">
      <Show when={model()} fallback={props.models === undefined ? '' : 'No node offers a model now.'}>
        {(offered) => (
          <>
            At today's prices {rangeOf(offered(), props.draft.replicas)} if all agree; who is outvoted is not
            paid.
          </>
        )}
      </Show>
      <Show when={account.value}>{(held) => <> You have {inCredits(held().spendable)}.</>}</Show>
    </p>
  )
}
