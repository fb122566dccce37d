import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { type Infer, struct, uint } from '../encoding/codec.ts'
import { type AccountId, type InstanceId, parseResolveInstance, resolveInstance } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { LIMITS, TIMES } from '../params.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { entryIdOf, type SignedEntry } from './entry.ts'
import { placeOfFork, resolveCodec, type ResolveMessage } from './resolution.ts'

const heldCodec = struct({ message: resolveCodec, heldMs: uint() })

/** An owner's request that is being settled, and the entries that witnesses said they are bound to. */
export interface Held extends Infer<typeof heldCodec> {
  readonly learnt: Map<string, SignedEntry>
}

/**
 * Requests to settle forks that this peer holds, one for each account. While one is held a witness votes for
 * no further entry of the account (5.7). The request is persisted before the first answer that follows from
 * it, so a restart can't forget the stop: a witness that prepared a value for the place must not help another
 * entry to a certificate there.
 */
export interface Resolving {
  of(account: AccountId): Held | undefined
  /** The held request that an instance settles. */
  heldBy(instance: InstanceId): Held | undefined
  /** False while another fork of the account is being settled. */
  hold(out: Outbox, message: ResolveMessage): boolean
  learn(held: Held, entries: readonly SignedEntry[]): void
  release(out: Outbox, account: AccountId, seq: number): void
  instances(): readonly InstanceId[]
  restore(record: StoredRecord): void
}

/** Whether a request asks for what its proof shows. */
export function isResolveRequest({ request, proof }: ResolveMessage): boolean {
  const place = placeOfFork(proof)
  const { account, seq } = request.body
  return request.signer === account && place?.account === account && place.seq === seq
}

export function createResolving(): Resolving {
  const held = new Map<AccountId, Held>()
  return {
    of: (account) => held.get(account),
    heldBy(instance) {
      const place = parseResolveInstance(instance)
      const one = place === undefined ? undefined : held.get(place.account)
      return one?.message.request.body.seq === place?.seq ? one : undefined
    },
    hold(out, message) {
      const { account, seq } = message.request.body
      const before = held.get(account)
      if (before !== undefined) return before.message.request.body.seq === seq
      const record = { message, heldMs: out.now }
      held.set(account, { ...record, learnt: new Map() })
      out.write(keys.resolving(account), encodeBody(heldCodec, record))
      return true
    },
    learn({ message, learnt }, entries) {
      const { account } = message.request.body
      for (const entry of entries) {
        const fits = entry.signer === account && entry.body.account === account
        if (fits && learnt.size < LIMITS.forkEntries) learnt.set(entryIdOf(entry), entry)
      }
    },
    release(out, account, seq) {
      if (held.get(account)?.message.request.body.seq !== seq) return
      held.delete(account)
      out.write(keys.resolving(account), null)
    },
    instances: () =>
      [...held.values()].map(({ message: { request } }) =>
        resolveInstance(request.body.account, request.body.seq),
      ),
    restore({ key, value }) {
      const record = decodeRecord(heldCodec, value, key)
      held.set(record.message.request.body.account, { ...record, learnt: new Map() })
    },
  }
}

/** How often an owner repeats its request: the agreement has its own timers, this only finds new holders. */
export const REQUEST_REPEAT_MS = TIMES.retryMsMax
