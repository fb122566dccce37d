import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { amount, type Infer, nullable, peerId, struct, uint, variants } from '../encoding/codec.ts'
import type { AccountId, Digest } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, ownText, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { OutputRef } from './entry.ts'
import { Holdings } from './holdings.ts'

export const positionCodec = struct({ account: peerId, seq: uint() })
/** Where an entry stands: under which key its certificate is stored. */
export type ChainPosition = Infer<typeof positionCodec>

/** Something that an account may claim. `origin` null: its source is a job. */
export interface Output extends OutputRef {
  readonly amount: bigint
  readonly origin: ChainPosition | null
}

const outputRecord = variants({
  held: struct({ amount: amount(), origin: nullable(positionCodec) }),
  early: struct({}),
})

/**
 * Claims that may be known before the outputs they claim; 64 bytes of name and a key each bound them to some
 * 15 MB. Beyond, a certificate waits for its sources.
 */
export const EARLY_CLAIMS_MAX = 65_536

/**
 * Outputs that nobody has claimed yet, by owner. A certificate is true whatever this peer has heard of
 * before, so it may claim outputs whose source isn't here yet: such an *early* claim is remembered and meets
 * its output when that arrives. Chains of different accounts can so be fetched in any order.
 */
export interface OutputBook {
  find(owner: AccountId, ref: OutputRef): Output | undefined
  of(owner: AccountId): Iterable<Output>
  count(owner: AccountId): number
  claimable(owner: AccountId): bigint
  owners(): Iterable<AccountId>
  /** Sum of all outputs held. */
  total(): bigint
  earlyCount(): number
  /** False when an early claim had waited for it: then it is gone at once. */
  add(out: Outbox, owner: AccountId, output: Output): boolean
  /** The amount, or undefined when the claim is early. */
  claim(out: Outbox, owner: AccountId, ref: OutputRef): bigint | undefined
  restore(record: StoredRecord): void
}

export function createOutputBook(): OutputBook {
  const holdings = new Holdings<Output>()
  const early = new Set<string>()
  let total = 0n

  function hold(owner: AccountId, output: Output): void {
    holdings.add(owner, output)
    total += output.amount
  }

  return {
    find: (owner, ref) => holdings.find(owner, ref),
    of: (owner) => holdings.of(owner),
    count: (owner) => holdings.count(owner),
    claimable: (owner) => holdings.sum(owner),
    owners: () => holdings.owners(),
    total: () => total,
    earlyCount: () => early.size,
    add(out, owner, output) {
      const key = keys.output(owner, output.source, output.index)
      if (early.delete(key)) {
        out.write(key, null)
        return false
      }
      hold(owner, output)
      const { amount: units, origin } = output
      out.write(key, encodeBody(outputRecord, { type: 'held', amount: units, origin }))
      return true
    },
    claim(out, owner, ref) {
      const key = keys.output(owner, ref.source, ref.index)
      const units = holdings.remove(owner, ref)?.amount
      total -= units ?? 0n
      if (units === undefined) early.add(key)
      out.write(key, units === undefined ? encodeBody(outputRecord, { type: 'early' }) : null)
      return units
    },
    restore({ key, value }) {
      const record = decodeRecord(outputRecord, value, key)
      const [owner = '', source = '', index = ''] = key.slice(PREFIXES.output.length).split('/')
      // Keys of this peer's own store were written from ids.
      if (record.type === 'early') early.add(key)
      else {
        const { amount: units, origin } = record
        hold(ownText(owner) as AccountId, {
          source: ownText(source) as Digest,
          index: Number(index),
          amount: units,
          origin,
        })
      }
    },
  }
}
