import type { AccountId } from '../ids.ts'
import type { OutputRef } from './entry.ts'

interface Held extends OutputRef {
  readonly amount: bigint
}

interface Many<Output> {
  readonly outputs: Map<string, Output>
  sum: bigint
}

const nameOf = (ref: OutputRef) => `${ref.source}/${ref.index}`

/**
 * Outputs by owner. Nearly every owner holds one, and then that output stands in the map itself: a map of its own
 * would be several times its size, a third of all that 100,000 accounts take.
 */
export class Holdings<Output extends Held> {
  readonly #held = new Map<AccountId, Output | Many<Output>>()

  add(owner: AccountId, output: Output): void {
    const before = this.#held.get(owner)
    if (before === undefined) this.#held.set(owner, output)
    else if ('outputs' in before) {
      before.outputs.set(nameOf(output), output)
      before.sum += output.amount
    } else {
      const outputs = new Map([before, output].map((one) => [nameOf(one), one]))
      this.#held.set(owner, { outputs, sum: before.amount + output.amount })
    }
  }

  /** The output that was held, undefined when there was none of this name. */
  remove(owner: AccountId, ref: OutputRef): Output | undefined {
    const output = this.find(owner, ref)
    const held = this.#held.get(owner)
    if (output === undefined || held === undefined) return undefined
    if (!('outputs' in held)) this.#held.delete(owner)
    else {
      held.outputs.delete(nameOf(ref))
      held.sum -= output.amount
      const [last] = held.outputs.values()
      if (held.outputs.size === 1 && last !== undefined) this.#held.set(owner, last)
    }
    return output
  }

  find(owner: AccountId, ref: OutputRef): Output | undefined {
    const held = this.#held.get(owner)
    if (held === undefined) return undefined
    if ('outputs' in held) return held.outputs.get(nameOf(ref))
    return held.source === ref.source && held.index === ref.index ? held : undefined
  }

  of(owner: AccountId): Iterable<Output> {
    const held = this.#held.get(owner)
    if (held === undefined) return []
    return 'outputs' in held ? held.outputs.values() : [held]
  }

  count(owner: AccountId): number {
    const held = this.#held.get(owner)
    if (held === undefined) return 0
    return 'outputs' in held ? held.outputs.size : 1
  }

  sum(owner: AccountId): bigint {
    const held = this.#held.get(owner)
    if (held === undefined) return 0n
    return 'outputs' in held ? held.sum : held.amount
  }

  owners(): Iterable<AccountId> {
    return this.#held.keys()
  }
}
