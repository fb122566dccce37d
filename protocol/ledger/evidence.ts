import type { AccountId, JobId } from '../ids.ts'
import { keys } from '../records/keys.ts'
import type { SignedEntry } from './entry.ts'
import type { OutputBook } from './output-book.ts'
import type { ResolvedBook } from './resolved.ts'

interface EvidenceParts {
  readonly outputs: Pick<OutputBook, 'find'>
  readonly resolved: Pick<ResolvedBook, 'at'>
  readonly jobStep: (job: JobId) => number | undefined
}

/** Where the store has the facts that show others what an entry builds on. */
export interface Evidence {
  /** The place's certificate, and the resolution that stands there instead of it or beside it. */
  placeKeys(account: AccountId, seq: number): readonly string[]
  /** Facts for `ids`, which an entry names as `prev` or as sources of its claims. */
  evidenceKeys(entry: SignedEntry, ids: readonly string[]): readonly string[]
}

export function createEvidence({ outputs, resolved, jobStep }: EvidenceParts): Evidence {
  function placeKeys(account: AccountId, seq: number): readonly string[] {
    const at = resolved.at(account, seq)
    const certificate = keys.certificate(account, seq)
    return at === undefined ? [certificate] : [keys.resolution(account, at.number), certificate]
  }
  return {
    placeKeys,
    evidenceKeys({ body }, ids) {
      const wanted = new Set(ids)
      const found = wanted.has(body.prev) && body.seq > 0 ? [...placeKeys(body.account, body.seq - 1)] : []
      for (const claim of body.claims) {
        if (!wanted.delete(claim.source)) continue
        const origin = outputs.find(body.account, claim)?.origin
        if (origin) found.push(...placeKeys(origin.account, origin.seq))
        // A job's source is its terminal decision, which rests on the earlier ones.
        for (let step = 0; origin === null && step <= (jobStep(claim.source) ?? -1); step += 1) {
          found.push(keys.decision(claim.source, step))
        }
      }
      return found
    },
  }
}
