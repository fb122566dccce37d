import { digest, list, struct, uint, type ValueOf } from '../encoding/codec.ts'
import { hash } from '../crypto/digest.ts'
import { encodeBody } from '../encoding/body.ts'
import type { Digest, JobId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Epoch } from '../swarm/epoch.ts'
import { type LatencyReport, signedReport } from './latency.ts'

const contents = {
  number: uint(Number.MAX_SAFE_INTEGER, 1),
  closes: list(digest<JobId>(), { min: 1, max: LIMITS.closes }),
  reports: list(signedReport, { min: 1, max: LIMITS.witnesses }),
} as const

/** All of a value that its root follows from. */
export const contentsCodec = struct(contents)

/** What `trust/<number>` decides (5.8): the closes it folds, the reports it takes latencies from, the result. */
export const trustValues = {
  trust: struct({ ...contents, root: digest() }),
} as const
export type TrustValue = ValueOf<typeof trustValues>

/** Order, numbers and signers: all of a value's validity that needs no other fact. */
export function isWellFormed({ number, closes, reports }: TrustValue): boolean {
  return (
    isAscending(closes, (job) => job) &&
    isAscending(reports, ({ signer }) => signer) &&
    reports.every(({ body }) => body.number === number && isOrderlyReport(body))
  )
}

/** Whether a quorum of the current witnesses reports. A decided value was judged in its epoch, perhaps an earlier one. */
export function isWitnessed({ reports }: TrustValue, epoch: Epoch): boolean {
  return (
    reports.length >= epoch.sizes.quorum && reports.every(({ signer }) => epoch.witnesses.includes(signer))
  )
}

/** A report names each peer once, ascending; one that doesn't would spoil every value that holds it. */
export function isOrderlyReport({ peers }: LatencyReport): boolean {
  return isAscending(peers, ({ peer }) => peer)
}

function isAscending<T>(items: readonly T[], nameOf: (item: T) => string): boolean {
  return items.every((item, at) => {
    const before = items[at - 1]
    return before === undefined || nameOf(before) < nameOf(item)
  })
}

/** The name under which facts wait for a snapshot, where others wait for an entry's or a job's id. */
export function snapshotId(number: number): Digest {
  return hash('snapshot', encodeBody(struct({ number: uint() }), { number }))
}
