import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { type Infer, struct, uint } from '../encoding/codec.ts'
import {
  type AccountId,
  type InstanceId,
  parseResolveInstance,
  type PeerId,
  resolveInstance,
} from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { LIMITS, TIMES } from '../params.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { SignedEntry } from './entry.ts'
import { placeOfFork, resolveCodec, type ResolveMessage } from './resolution.ts'

const heldCodec = struct({ message: resolveCodec, heldMs: uint() })

/** An owner's request that is being settled. */
export interface Held extends Infer<typeof heldCodec> {
  /** The entry that each witness says it is bound to; one each, so that a liar can't crowd out the others. */
  readonly learnt: Map<PeerId, SignedEntry>
  /** When each witness was sent the request last: one that asks without end is answered at our pace. */
  readonly told: Map<PeerId, number>
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
  hold(out: Outbox, message: ResolveMessage): Held
  learn(held: Held, from: PeerId, entries: readonly SignedEntry[]): void
  /** Whether to send a witness the request now. */
  mayTell(held: Held, to: PeerId, now: number): boolean
  release(out: Outbox, account: AccountId, number: number): void
  instances(): readonly InstanceId[]
  restore(record: StoredRecord): void
}

/** Whether a request and its proof are the same owner's. */
export function isResolveRequest({ request, proof }: ResolveMessage): boolean {
  const { account } = request.body
  return request.signer === account && placeOfFork(proof)?.account === account
}

/** How often an owner repeats its request: the agreement has its own timers, this only finds new holders. */
export const REQUEST_REPEAT_MS = TIMES.retryMsMax

export function createResolving(): Resolving {
  const held = new Map<AccountId, Held>()
  const nameOf = ({ message: { request } }: Held) =>
    resolveInstance(request.body.account, request.body.number)
  return {
    of: (account) => held.get(account),
    heldBy(instance) {
      const one = held.get(parseResolveInstance(instance)?.account ?? ('' as AccountId))
      return one !== undefined && nameOf(one) === instance ? one : undefined
    },
    hold(out, message) {
      const { account } = message.request.body
      const before = held.get(account)
      if (before !== undefined) return before
      const record = { message, heldMs: out.now }
      const taken = { ...record, learnt: new Map(), told: new Map() }
      held.set(account, taken)
      out.write(keys.resolving(account), encodeBody(heldCodec, record))
      return taken
    },
    learn({ message, learnt }, from, entries) {
      const { account } = message.request.body
      const [entry] = entries
      if (entry?.signer !== account || entry.body.account !== account) return
      if (learnt.has(from) || learnt.size < LIMITS.witnesses) learnt.set(from, entry)
    },
    mayTell({ told }, to, now) {
      const before = told.get(to)
      if (before !== undefined && now - before < TIMES.retryMs) return false
      told.set(to, now)
      return true
    },
    release(out, account, number) {
      if (held.get(account)?.message.request.body.number !== number) return
      held.delete(account)
      out.write(keys.resolving(account), null)
    },
    instances: () => [...held.values()].map(nameOf),
    restore({ key, value }) {
      const record = decodeRecord(heldCodec, value, key)
      held.set(record.message.request.body.account, { ...record, learnt: new Map(), told: new Map() })
    },
  }
}
