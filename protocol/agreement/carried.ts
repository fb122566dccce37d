import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { struct, uint } from '../encoding/codec.ts'
import { type AccountId, type InstanceId, parseResolveInstance, type PeerId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { InstanceRules } from './instance-rules.ts'
import { type PreparedCertificate, preparedCodec, valueDigestOf } from './messages.ts'
import { type Value, valueCodec } from './value.ts'

const carriedRecord = struct({ certificate: preparedCodec, value: valueCodec, sinceMs: uint() })

export interface CarriedValue {
  readonly certificate: PreparedCertificate
  readonly value: Value
}

/**
 * Values that witnesses of a closed epoch prepared in instances that weren't decided then (5.6). Perhaps such a value
 * was decided and nobody here knows; so nothing else is prepared for its instance in any later epoch, as if every
 * NewView quorum carried it. One goes only when its instance is decided, or with the epoch, whose handover lists it again.
 * A peer that knows the decision already keeps it as well: it may turn out that nobody else does (`records/astray`).
 */
export interface CarriedValues {
  get(instance: InstanceId): (CarriedValue & { readonly sinceMs: number }) | undefined
  all(): Iterable<CarriedValue>
  /** Whether an account's fork is being settled by a value from an earlier epoch: nobody votes for the account. */
  settles(account: AccountId): boolean
  replace(out: Outbox, values: readonly CarriedValue[]): void
  drop(out: Outbox, instance: InstanceId): void
  restore(record: StoredRecord): boolean
}

/** `isDecided`: whether this peer knows how an instance was decided; its value has nothing to say here any more. */
export function createCarriedValues(
  isDecided: (instance: InstanceId) => boolean = () => false,
): CarriedValues {
  const held = new Map<InstanceId, CarriedValue & { readonly sinceMs: number }>()
  const open = () => [...held].flatMap(([instance, value]) => (isDecided(instance) ? [] : [value]))
  const drop = (out: Outbox, instance: InstanceId) => {
    if (held.delete(instance)) out.write(keys.carried(instance), null)
  }
  return {
    get: (instance) => (isDecided(instance) ? undefined : held.get(instance)),
    all: open,
    settles: (account) =>
      [...held.keys()].some(
        (instance) => parseResolveInstance(instance)?.account === account && !isDecided(instance),
      ),
    replace(out, values) {
      for (const instance of held.keys()) drop(out, instance)
      for (const { certificate, value } of values) {
        const { instance } = certificate.ballot
        const record = { certificate, value, sinceMs: out.now }
        held.set(instance, record)
        out.write(keys.carried(instance), encodeBody(carriedRecord, record))
      }
    },
    drop,
    restore({ key, value }) {
      if (!key.startsWith(PREFIXES.carried)) return false
      const record = decodeRecord(carriedRecord, value, key)
      held.set(record.certificate.ballot.instance, record)
      return true
    },
  }
}

/** Rules under which a carried value is the only one that is proposed or prepared; what isn't carried is the rules' own. */
export function carryingRules(
  rules: InstanceRules,
  carried: Pick<CarriedValues, 'get'>,
  first: () => PeerId | undefined,
): InstanceRules {
  return {
    // Of a fork's owner's request this witness may have heard nothing; the value alone ends the matter.
    naturalProposer(instance) {
      const own = rules.naturalProposer(instance)
      if (own !== undefined || carried.get(instance) === undefined) return own
      return parseResolveInstance(instance) === undefined ? undefined : first()
    },
    dueAt: (instance) => carried.get(instance)?.sinceMs ?? rules.dueAt(instance),
    judge(out, instance, value, from) {
      const bound = carried.get(instance)
      if (bound === undefined) return rules.judge(out, instance, value, from)
      return { verdict: valueDigestOf(value) === valueDigestOf(bound.value) ? 'prepare' : 'not_valid' }
    },
    build: (out, instance) => carried.get(instance)?.value ?? rules.build(out, instance),
    learn: rules.learn,
  }
}
