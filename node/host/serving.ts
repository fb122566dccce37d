import type { Digest, PeerId } from '../../protocol/ids.ts'
import { createBudgets } from '../../protocol/intake/budget.ts'
import { rightTo } from '../../protocol/jobs/access.ts'
import { readHolding } from '../../protocol/jobs/holdings.ts'
import { BLOB_QUOTA, BLOB_REQUEST_BYTES } from '../../protocol/params.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { Bodies, ColdRecords } from './ports.ts'

/** Closed jobs that one body is looked up for, each a read of the store; open ones are in memory, and all asked. */
const CLOSED_JOBS_MAX = 64
/** Jobs that had one body which a request looks through: all of a payer that asks the same for weeks. */
const JOBS_MAX = 16_384

interface ServingOptions {
  readonly view: Pick<PeerView, 'mayRead' | 'roster'>
  readonly records: ColdRecords
  readonly bodies: Pick<Bodies, 'get'>
  /** Milliseconds of a clock that never falls. */
  readonly now: () => number
}

/**
 * Gives bodies to those who may have them: for a job that this peer holds the body for, going on or over. Whoever has
 * taken more than its share is answered like one who may not, and asks somebody else.
 */
export function createServing({
  view,
  records,
  bodies,
  now,
}: ServingOptions): (to: PeerId, digest: Digest) => Promise<Uint8Array | undefined> {
  const budgets = createBudgets(BLOB_QUOTA)

  async function mayHave(to: PeerId, digest: Digest): Promise<boolean> {
    let looked = 0
    let passed = 0
    for await (const record of records.scan({ prefix: `${PREFIXES.body}${digest}/` })) {
      passed += 1
      if (passed > JOBS_MAX) return false
      const held = readHolding(record)
      if (held === undefined) continue
      const right = rightTo(view, to, held)
      if (right.isDecided) {
        if (right.mayHave) return true
        continue
      }
      if (looked === CLOSED_JOBS_MAX) continue
      looked += 1
      if (right.mayHaveBy(await records.get(right.key))) return true
    }
    return false
  }

  return async (to, digest) => {
    if (!budgets.solvent(to, now())) return undefined
    budgets.overdraw(to, BLOB_REQUEST_BYTES, now())
    const body = (await mayHave(to, digest)) ? await bodies.get(digest) : undefined
    if (body !== undefined) budgets.overdraw(to, body.length, now())
    return body
  }
}
