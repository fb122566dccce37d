import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { type Infer, struct } from '../encoding/codec.ts'
import type { AccountId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { signedEntry, signedVote } from './entry.ts'

const lockCodec = struct({ entry: signedEntry, vote: signedVote })
/** The one entry that this witness voted for at a place of a chain, and that vote. */
export type Lock = Infer<typeof lockCodec>

/** Locks of chain places without a certificate. A certificate ends its place's lock, whatever was locked. */
export interface Locks {
  get(account: AccountId, seq: number): Lock | undefined
  all(): Iterable<Lock>
  set(out: Outbox, lock: Lock): void
  release(out: Outbox, account: AccountId, seq: number): void
  /** The epoch is over: its votes count no more, and what they bound to is adopted where the handover lists it. */
  clear(out: Outbox): void
  restore(record: StoredRecord): void
}

export function createLocks(): Locks {
  const locks = new Map<string, Lock>()
  const keyOf = ({ entry: { body } }: Lock) => keys.lock(body.account, body.seq)
  return {
    get: (account, seq) => locks.get(keys.lock(account, seq)),
    all: () => locks.values(),
    set(out, lock) {
      locks.set(keyOf(lock), lock)
      out.write(keyOf(lock), encodeBody(lockCodec, lock))
    },
    release(out, account, seq) {
      const key = keys.lock(account, seq)
      if (locks.delete(key)) out.write(key, null)
    },
    clear(out) {
      for (const key of locks.keys()) out.write(key, null)
      locks.clear()
    },
    restore({ key, value }) {
      locks.set(key, decodeRecord(lockCodec, value, key))
    },
  }
}
