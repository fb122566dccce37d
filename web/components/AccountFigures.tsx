import { type JSX, Show } from 'solid-js'
import type { Account } from '../../protocol/api/network-schema.ts'
import { groupDigits } from '../format/credits.ts'
import { shortDigest } from '../format/identity.ts'
import { CopyButton } from './CopyButton.tsx'
import { Figure } from './Figure.tsx'

/** What an account holds, and whether anything is wrong with it. */
export function AccountFigures(props: { account: Account }): JSX.Element {
  const account = () => props.account
  return (
    <>
      <p class="account-id">
        <code class="long">{account().account_id}</code>{' '}
        <CopyButton text={account().account_id} label="Copy the id of this account" />
      </p>
      <Show when={account().forked}>
        <div class="notice fault" role="alert">
          <p>
            Two entries were signed with the key of this account for one place, as when two machines use one
            key. It stands still until <code>hyperlooms wallet resolve</code> settles that.
          </p>
        </div>
      </Show>
      <dl class="figures">
        <Figure
          label="To spend"
          value={groupDigits(account().spendable)}
          note={`${groupDigits(account().free)} free, ${groupDigits(account().claimable)} claimed with the next entry`}
        />
        <Figure label="Set aside" value={groupDigits(account().escrowed)} note="for open jobs" />
        <Figure
          label="Certified entries"
          value={groupDigits(String(account().seq))}
          note={
            <Show when={account().head} fallback="none yet">
              {(head) => (
                <>
                  the newest is <code title={head()}>{shortDigest(head())}</code>
                </>
              )}
            </Show>
          }
        />
      </dl>
    </>
  )
}
