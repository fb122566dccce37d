import { type JSX, Show } from 'solid-js'
import { CREDIT_SENTENCE } from '../../protocol/api/credits.ts'
import { AccountFigures } from '../components/AccountFigures.tsx'
import { FaultNotice } from '../components/FaultNotice.tsx'
import { TransactionList } from '../components/TransactionList.tsx'
import { client } from '../state/client.ts'
import { createPageTitle } from '../state/page-title.ts'
import { createPolled } from '../state/polled.ts'
import { useSwarm } from '../state/swarm.ts'

const PERIOD_MS = 3_000

/** What this peer's account holds and what moved; sending takes the API key, so it is the command line's. */
export function Wallet(): JSX.Element {
  createPageTitle(() => 'Wallet')
  const { stats } = useSwarm()
  const account = createPolled(async (signal) => {
    const id = stats.value?.peer_id ?? (await client.getSelf({}, { signal })).peer_id
    return client.getAccount({ params: { account_type: 'user', account_id: id } }, { signal })
  }, PERIOD_MS)
  return (
    <>
      <h1>Credits of this peer</h1>
      <p class="lead">{CREDIT_SENTENCE}</p>
      <FaultNotice fault={account.fault} />
      <Show when={account.value}>
        {(value) => (
          <>
            <AccountFigures account={value()} />
            <p class="fine">
              To send some, on the machine of this peer: <code>hyperlooms wallet send ACCOUNT AMOUNT</code>
            </p>
          </>
        )}
      </Show>
      <Show when={account.value?.account_id}>{(id) => <TransactionList account={id()} />}</Show>
    </>
  )
}
