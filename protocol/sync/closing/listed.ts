import { instanceCodec } from '../../agreement/messages.ts'
import { digest, type Infer, list, nullable, struct } from '../../encoding/codec.ts'
import {
  type Digest,
  type EntryId,
  type InstanceId,
  isDigest,
  jobInstance,
  parseResolveInstance,
  resolveInstance,
  trustInstance,
} from '../../ids.ts'
import { LIMITS } from '../../params.ts'
import { chainedValue, TRUST_KEY } from '../leaves.ts'
import type { LeafContent } from './leaf-content.ts'
import type { Standing } from './trail.ts'

const LISTED_MAX = LIMITS.handoverParts * LIMITS.listed
export const listedCodec = struct({
  /** Entries that alone are listed for their place. */
  entries: list(digest<EntryId>(), { max: LISTED_MAX }),
  decisions: list(
    struct({
      instance: instanceCodec,
      value: digest(),
      /** The head that its chain has behind it (`headBehind`). */
      head: nullable(digest()),
    }),
    { max: LISTED_MAX },
  ),
})
/** What may still be taken of a closed epoch beyond what its root holds; a later one's handover lists it again. */
export type Listed = Infer<typeof listedCodec>

/** Finds what a handover lists. */
export class ListedFacts {
  readonly #entries: ReadonlySet<Digest>
  readonly #decisions: ReadonlyMap<InstanceId, Listed['decisions'][number]>

  constructor({ entries, decisions }: Listed) {
    this.#entries = new Set(entries)
    this.#decisions = new Map(decisions.map((one) => [one.instance, one]))
  }

  hasEntry(entry: EntryId): boolean {
    return this.#entries.has(entry)
  }

  hasDecision(instance: InstanceId, value: Digest): boolean {
    return this.#decisions.get(instance)?.value === value
  }

  hasResolution({ account, number, value }: Extract<LeafContent, { type: 'resolution' }>): boolean {
    return this.hasDecision(resolveInstance(account, number), value)
  }

  /**
   * Whether one fact leads a chain from where the closed state left it to where this peer stands. A second one can't
   * have been certified: its voters had the first, which so would be within the root. Listed entries build on the
   * closed head, else they couldn't be listed.
   */
  leadsTo(chain: string, end: Standing, own: Standing): boolean {
    if (own.next !== end.next + 1 || own.head === null) return false
    if (chain === TRUST_KEY || isDigest(chain)) {
      const instance = isDigest(chain) ? jobInstance(chain, end.next) : trustInstance(end.next)
      const value = this.#decisions.get(instance)?.value
      return value !== undefined && chainedValue(end.head, value) === own.head
    }
    return this.#entries.has(own.head) || this.#settles(chain, own.head)
  }

  #settles(account: string, head: Digest): boolean {
    return [...this.#decisions.values()].some(
      (one) => one.head === head && parseResolveInstance(one.instance)?.account === account,
    )
  }
}
