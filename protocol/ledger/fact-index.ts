import { encodeBody } from '../encoding/body.ts'
import { type Infer, struct, uint, variants } from '../encoding/codec.ts'
import type { AccountId, Digest, EntryId, JobId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import { type Entry, outputOf } from './entry.ts'

/**
 * What an indexed fact is; its name is in the key. An entry is found by its id, a job's settlement is the
 * decision of the step.
 */
export const indexedCodec = variants({ entry: struct({}), decision: struct({ step: uint() }) })
export type Indexed = Infer<typeof indexedCodec>

/**
 * Indexes a certified entry for histories, in the batch that applies it: by time, and by time for each account
 * that it moves credits of and each job that it opens. Cold and local: no rule reads it and no digest covers
 * it. An entry that only claims moves nothing that its sources didn't show already.
 */
export function indexEntry(
  out: Outbox,
  entry: EntryId,
  { account, ops }: Pick<Entry, 'account' | 'ops'>,
  opened: readonly { readonly job: JobId }[],
): void {
  if (ops.length === 0) return
  const receivers = ops.flatMap((operation) => outputOf(operation)?.to ?? [])
  const subjects = [account, ...receivers, ...opened.map(({ job }) => job)]
  indexFact(out, entry, { type: 'entry' }, subjects)
}

/** The same for the terminal decision of a job, named by the job's id as its outputs are. */
export function indexSettlement(
  out: Outbox,
  { job, step }: { readonly job: JobId; readonly step: number },
  accounts: readonly AccountId[],
): void {
  indexFact(out, job, { type: 'decision', step }, [job, ...accounts])
}

function indexFact(
  out: Outbox,
  source: Digest,
  indexed: Indexed,
  subjects: readonly (AccountId | JobId)[],
): void {
  const value = encodeBody(indexedCodec, indexed)
  out.write(keys.factTime(out.now, source), value)
  for (const subject of new Set(subjects)) out.write(keys.factOf(subject, out.now, source), value)
}
