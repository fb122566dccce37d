import { valueDigestOf } from '../../agreement/messages.ts'
import type { Value } from '../../agreement/value.ts'
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

/** The head that a decision gives a chain; null where it gives none, or where that depends on what is before it. */
export function headBehind(value: Value): Digest | null {
  if (value.type !== 'resolve') return null
  const [single, ...others] = value.entries
  if (single === undefined) return null
  return others.length === 0 ? entryIdOf(single) : valueDigestOf(value)
}

/** Undefined for a fact of no chain: a decision that ends a fork without an entry, or begins an epoch. */
export function stepOf(fact: Fact): Step | undefined {
  if (fact.type === 'certificate') {
    // Intake has checked the signature of whoever signed; of a chain that is its account's owner alone.
    if (fact.certificate.entry.signer !== fact.certificate.entry.body.account) return undefined
    const { account, seq, prev } = fact.certificate.entry.body
    const id = entryIdOf(fact.certificate.entry)
    return { chain: account, position: seq, id, after: (head) => (head === prev ? id : undefined) }
  }
  const { instance, value } = fact.decision
  const id = valueDigestOf(value)
  if (value.type === 'resolve') {
    const { account, seq, head: before } = value
    const head = headBehind(value)
    if (head === null) return undefined
    return { chain: account, position: seq, id, after: (at) => (at === before ? head : undefined) }
  }
  if (value.type === 'trust')
    return { chain: TRUST_KEY, position: value.number, id, after: (head) => chainedValue(head, id) }
  const parsed = parseJobInstance(instance)
  if (parsed === undefined) return undefined
  return { chain: parsed.job, position: parsed.step, id, after: (head) => chainedValue(head, id) }
}

/** Alternatives at one place: a fork that was settled leaves two, its decision and a branch's certificate. */
const BRANCHES_MAX = 4

/**
 * Where a chain's facts lead, from where this peer stands up to where the chain stood when an epoch was closed, as one
 * source shows them. Each fact names the one before it, so when one leads to the closed head, all those that led there
 * are the closed chain's. Until then nothing is known of any: signatures of a closed epoch prove nothing any more.
 */
export class Trail {
  readonly #from: number
  readonly #end: Standing
  /** The heads come to at each position, each with the one that it builds on. */
  readonly #levels: Map<Digest | null, Digest | null>[]
  /** The closed chain's heads at each position. */
  #vouched: readonly (Digest | null)[] | undefined
  #isStuck = false
  #hasMissed = false

  constructor(from: Standing, end: Standing) {
    this.#from = from.next
    this.#end = end
    this.#levels = [new Map([[from.head, null]])]
  }

  get next(): number {
    return this.#from + this.#levels.length - 1
  }

  get isVouched(): boolean {
    return this.#vouched !== undefined
  }

  /** Whether its source has shown what builds on nothing here: it was wrong before, or now. */
  get isStuck(): boolean {
    return this.#isStuck
  }

  /** Whether its source has come to another end than the closed head. */
  get hasMissed(): boolean {
    return this.#hasMissed
  }

  /** Whether it goes on from its source. */
  get isOpen(): boolean {
    return !this.isVouched && !this.#isStuck && this.next < this.#end.next
  }

  /** Takes up one more fact if it builds on those that are here. */
  follow(step: Step): void {
    const at = step.position - this.#from
    const before = this.#levels[at]
    if (this.isVouched || before === undefined || step.position >= this.#end.next) return
    const behind = this.#levels[at + 1] ?? new Map<Digest | null, Digest | null>()
    for (const head of before.keys()) {
      const after = step.after(head)
      if (after !== undefined && behind.size < BRANCHES_MAX) behind.set(after, head)
    }
    if (behind.size > 0) this.#levels[at + 1] = behind
    else this.#isStuck = true
    if (step.position + 1 < this.#end.next) return
    if (behind.has(this.#end.head)) this.#vouch()
    else this.#hasMissed = true
  }

  #vouch(): void {
    let head = this.#end.head
    const heads = [head]
    for (const level of this.#levels.slice(1).reverse()) heads.unshift((head = level.get(head) ?? null))
    this.#vouched = heads
  }

  /** Whether this very fact is the closed chain's. */
  vouchesFor({ position, after }: Step): boolean {
    const [before, behind] = this.#vouched?.slice(position - this.#from, position - this.#from + 2) ?? []
    return behind !== undefined && position >= this.#from && after(before ?? null) === behind
  }

  /** Where the closed chain stood at an earlier position; undefined where this trail doesn't say. */
  headAt(position: number): Digest | null | undefined {
    return this.#vouched?.[position - this.#from]
  }
}
