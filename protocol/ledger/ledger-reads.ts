import type { AccountId } from '../ids.ts'
import type { Supply } from '../peer/view.ts'
import type { Books } from './apply.ts'
import type { ForkBook } from './forks.ts'
import type { AccountView } from './ledger.ts'

/** What pages and routes read of a ledger. */
export interface LedgerReads {
  account(account: AccountId): AccountView | undefined
  accounts(): Iterable<AccountView>
  supply(): Supply
  /** Number of certified entries in all chains. */
  entries(): number
  /** Accounts whose owner signed two entries for one place. */
  forked(): number
  /** Whether its owner is known to have done so. */
  isForked(account: AccountId): boolean
}

export function createLedgerReads({
  books: { accounts, outputs, opens },
  forks,
}: {
  readonly books: Books
  readonly forks: ForkBook
}): LedgerReads {
  function viewOf(account: AccountId): AccountView {
    const { seq, head, free } = accounts.get(account)
    return {
      account,
      seq,
      head,
      free,
      claimable: outputs.claimable(account),
      escrowed: opens.escrowed(account),
      forked: forks.seqOf(account) !== undefined,
    }
  }
  return {
    account: (account) => (accounts.has(account) || outputs.count(account) > 0 ? viewOf(account) : undefined),
    *accounts() {
      for (const account of accounts.names()) yield viewOf(account)
      for (const account of outputs.owners()) if (!accounts.has(account)) yield viewOf(account)
    },
    supply() {
      const { free, minted, owed, burnt } = accounts.sums()
      return { minted, free, unclaimed: outputs.total() - owed, escrowed: opens.total(), burnt }
    },
    entries: () => accounts.sums().entries,
    forked: () => forks.count(),
    isForked: (account) => forks.seqOf(account) !== undefined,
  }
}
