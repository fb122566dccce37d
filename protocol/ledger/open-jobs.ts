import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { amount, digest, peerId, struct } from '../encoding/codec.ts'
import type { AccountId, EntryId, JobId } from '../ids.ts'
import { specCodec } from '../jobs/spec.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { OpenedJob } from './ledger.ts'

const openRecord = struct({
  job: digest<JobId>(),
  account: peerId,
  entry: digest<EntryId>(),
  spec: specCodec,
  escrow: amount(),
})

/** Jobs whose escrow is set aside: their `open` is certified and no terminal decision has been applied. */
export interface OpenJobs {
  get(job: JobId): OpenedJob | undefined
  all(): Iterable<OpenedJob>
  escrowed(account: AccountId): bigint
  total(): bigint
  add(out: Outbox, opened: OpenedJob): void
  remove(out: Outbox, job: JobId): void
  restore(record: StoredRecord): void
}

export function createOpenJobs(): OpenJobs {
  const jobs = new Map<JobId, OpenedJob>()
  const byAccount = new Map<AccountId, bigint>()
  let total = 0n

  function change(account: AccountId, units: bigint): void {
    total += units
    const sum = (byAccount.get(account) ?? 0n) + units
    if (sum === 0n) byAccount.delete(account)
    else byAccount.set(account, sum)
  }

  function hold(opened: OpenedJob): void {
    jobs.set(opened.job, opened)
    change(opened.account, opened.escrow)
  }

  return {
    get: (job) => jobs.get(job),
    all: () => jobs.values(),
    escrowed: (account) => byAccount.get(account) ?? 0n,
    total: () => total,
    add(out, opened) {
      hold(opened)
      out.write(keys.open(opened.job), encodeBody(openRecord, opened))
    },
    remove(out, job) {
      const opened = jobs.get(job)
      if (opened === undefined) return
      jobs.delete(job)
      change(opened.account, -opened.escrow)
      out.write(keys.open(job), null)
    },
    restore: ({ key, value }) => hold(decodeRecord(openRecord, value, key)),
  }
}
