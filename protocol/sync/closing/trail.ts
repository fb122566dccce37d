import { valueDigestOf } from '../../agreement/messages.ts'
import type { AccountId, Digest, JobId } from '../../ids.ts'
import { parseJobInstance } from '../../ids.ts'
import { entryIdOf } from '../../ledger/entry.ts'
import type { Fact } from '../../ledger/fact.ts'
import { chainedValue, TRUST_KEY } from '../leaves.ts'

/** Where a chain stands: the position of its next fact, and what that must build on. */
export interface Standing {
  readonly next: number
  readonly head: Digest | null
}

/** A fact as a step of its chain. */
export interface Step {
  /** Key of the chain's leaf in the state digest. */
  readonly chain: AccountId | JobId | typeof TRUST_KEY
  readonly position: number
  readonly id: Digest
  /** The head behind it; undefined where it doesn't build on this one. */
  readonly after: (head: Digest | null) => Digest | undefined
}

/** Undefined for a fact of no chain: a decision that ends a fork without an entry, or begins an epoch. */
export function stepOf(fact: Fact): Step | undefined {
  if (fact.type === 'certificate') {
    const { account, seq, prev } = fact.certificate.entry.body
    const id = entryIdOf(fact.certificate.entry)
    return { chain: account, position: seq, id, after: (head) => (head === prev ? id : undefined) }
  }
  const { instance, value } = fact.decision
  const id = valueDigestOf(value)
  if (value.type === 'resolve') {
    const { account, seq, head: before, entries } = value
    const [single] = entries
    if (single === undefined) return undefined
    const head = entries.length === 1 ? entryIdOf(single) : id
    return { chain: account, position: seq, id, after: (at) => (at === before ? head : undefined) }
  }
  if (value.type === 'trust') {
    const { number, before, root } = value
    return { chain: TRUST_KEY, position: number, id, after: (head) => (head === before ? root : undefined) }
  }
  const parsed = parseJobInstance(instance)
  if (parsed === undefined) return undefined
  return { chain: parsed.job, position: parsed.step, id, after: (head) => chainedValue(head, id) }
}

/**
 * The ids of a chain's facts from where this peer stands up to where the chain stood when an epoch was closed. Each
 * fact names the one before it, so when the last one is the closed head, all of them are the closed chain's.
 * Until then nothing is known of any: signatures of a closed epoch prove nothing any more.
 */
export class Trail {
  readonly #from: number
  readonly #end: Standing
  readonly #ids: Digest[] = []
  #at: Standing

  constructor(from: Standing, end: Standing) {
    this.#from = from.next
    this.#at = from
    this.#end = end
  }

  get next(): number {
    return this.#at.next
  }

  get state(): 'open' | 'vouched' | 'broken' {
    if (this.#at.next < this.#end.next) return 'open'
    return this.#at.head === this.#end.head ? 'vouched' : 'broken'
  }

  /** Takes up one more fact if it is the next one. */
  follow({ position, id, after }: Step): void {
    if (this.state !== 'open' || position !== this.#at.next) return
    const head = after(this.#at.head)
    if (head === undefined) return
    this.#ids.push(id)
    this.#at = { next: position + 1, head }
  }

  /** Whether this very fact is the closed chain's. */
  vouchesFor({ position, id }: Step): boolean {
    return this.state === 'vouched' && this.#ids[position - this.#from] === id
  }
}
