import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { type Infer, struct } from '../encoding/codec.ts'
import type { AccountId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { signedEntry, signedVote } from './entry.ts'
import { weightOf } from './lock-room.ts'

const lockCodec = struct({ entry: signedEntry, vote: signedVote })
/** The one entry that this witness voted for at a place of a chain, and that vote. */
export type Lock = Infer<typeof lockCodec>

/** Locks of chain places without a certificate. A certificate ends its place's lock, whatever was locked. */
export interface Locks {
  get(account: AccountId, seq: number): Lock | undefined
  all(): Iterable<Lock>
  /** Of all their entries together (`lock-room`). */
  readonly weight: number
  set(out: Outbox, lock: Lock): void
  release(out: Outbox, account: AccountId, seq: number): void
  /** The epoch is over: its votes count no more, and what they bound to is adopted where the handover lists it. */
  clear(out: Outbox): void
  restore(record: StoredRecord): void
}

export function createLocks(): Locks {
  const locks = new Map<string, Lock>()
  let weight = 0
  const take = (key: string, lock: Lock) => {
    drop(key)
    locks.set(key, lock)
    weight += weightOf(lock.entry)
  }
  const drop = (key: string): boolean => {
    const lock = locks.get(key)
    if (lock !== undefined) weight -= weightOf(lock.entry)
    return locks.delete(key)
  }
  const keyOf = ({ entry: { body } }: Lock) => keys.lock(body.account, body.seq)
  return {
    get: (account, seq) => locks.get(keys.lock(account, seq)),
    all: () => locks.values(),
    get weight() {
      return weight
    },
    set(out, lock) {
      take(keyOf(lock), lock)
      out.write(keyOf(lock), encodeBody(lockCodec, lock))
    },
    release(out, account, seq) {
      const key = keys.lock(account, seq)
      if (drop(key)) out.write(key, null)
    },
    clear(out) {
      for (const key of locks.keys()) out.write(key, null)
      locks.clear()
      weight = 0
    },
    restore({ key, value }) {
      take(key, decodeRecord(lockCodec, value, key))
    },
  }
}
