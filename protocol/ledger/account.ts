import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { amount, digest, type Infer, struct, uint } from '../encoding/codec.ts'
import type { AccountId, SwarmId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { genesisOf } from './entry.ts'

/** The state after an account's newest certified entry. A value: it is replaced, never changed in place. */
const accountCodec = struct({
  /** `seq` of the next entry. */
  seq: uint(),
  head: digest(),
  free: amount(),
  /** Lowest nonce that the next `open` may have: one above every earlier open of the chain. */
  nonce: uint(),
  /** Sum of this account's mints. */
  minted: amount(),
  /** What it claimed from sources that this peer hasn't heard of yet (see `OutputBook`). */
  owed: amount(),
  /** What settled forks of this account left to nobody. */
  burnt: amount(),
})
export type AccountState = Infer<typeof accountCodec>

/** An account before its first entry. */
export function emptyAccount(swarm: SwarmId, account: AccountId): AccountState {
  const head = genesisOf(swarm, account)
  return { seq: 0, head, free: 0n, nonce: 0, minted: 0n, owed: 0n, burnt: 0n }
}

/** All accounts with a certified entry, and sums over them. */
export interface AccountBook {
  /** The state of any account, also of one without entries. */
  get(account: AccountId): AccountState
  has(account: AccountId): boolean
  names(): Iterable<AccountId>
  put(out: Outbox, account: AccountId, state: AccountState): void
  restore(record: StoredRecord): { readonly account: AccountId; readonly state: AccountState }
  sums(): AccountSums
}

export interface AccountSums {
  readonly entries: number
  readonly free: bigint
  readonly minted: bigint
  readonly owed: bigint
  readonly burnt: bigint
}

export function createAccountBook(swarm: SwarmId): AccountBook {
  const states = new Map<AccountId, AccountState>()
  let sums: AccountSums = { entries: 0, free: 0n, minted: 0n, owed: 0n, burnt: 0n }

  function replace(account: AccountId, state: AccountState): void {
    const before = states.get(account)
    states.set(account, state)
    sums = {
      entries: sums.entries + state.seq - (before?.seq ?? 0),
      free: sums.free + state.free - (before?.free ?? 0n),
      minted: sums.minted + state.minted - (before?.minted ?? 0n),
      owed: sums.owed + state.owed - (before?.owed ?? 0n),
      burnt: sums.burnt + state.burnt - (before?.burnt ?? 0n),
    }
  }

  return {
    get: (account) => states.get(account) ?? emptyAccount(swarm, account),
    has: (account) => states.has(account),
    names: () => states.keys(),
    put(out, account, state) {
      replace(account, state)
      out.write(keys.account(account), encodeBody(accountCodec, state))
    },
    restore({ key, value }) {
      // Keys of this peer's own store were written from ids.
      const account = key.slice(PREFIXES.account.length) as AccountId
      const state = decodeRecord(accountCodec, value, key)
      replace(account, state)
      return { account, state }
    },
    sums: () => sums,
  }
}
