import { decodeRecord } from '../../protocol/encoding/body.ts'
import type { Digest, JobId } from '../../protocol/ids.ts'
import { type Holding, heldUntil, type JobState, readHolding } from '../../protocol/jobs/holdings.ts'
import { jobRecordCodec } from '../../protocol/jobs/record.ts'
import { ticketCodec } from '../../protocol/jobs/ticket.ts'
import { RETENTION } from '../../protocol/params.ts'
import { keys, PREFIXES } from '../../protocol/records/keys.ts'
import type { Write } from '../../protocol/records/record.ts'
import type { ColdRecords } from './ports.ts'

const DAY_MS = 86_400_000
/** Bodies or tickets looked at before others have a turn: some milliseconds of reading. */
const SLICE = 32

interface Stored {
  readonly digest: Digest
  readonly size: number
  readonly usedMs: number
}

interface RetentionOptions {
  readonly bodies: {
    remove(digest: Digest, unusedSinceMs: number): Promise<boolean>
    list(): AsyncIterable<Stored>
  }
  readonly records: ColdRecords & { write(batch: readonly Write[]): Promise<void> }
  /** Wall time in milliseconds, as bodies say when they were used. */
  readonly now: () => number
}

export interface Swept {
  readonly looked: number
  readonly removed: number
  readonly removedBytes: number
}

/** What one round knows from its beginning on. */
interface Round {
  /** Bodies used since then stay. */
  readonly unusedSinceMs: number
  /** Prompts of submissions that wait. */
  readonly waiting: ReadonlySet<Digest>
  readonly oldestDay: number
  /** Own bytes by the day of their job's close. */
  readonly days: Map<number, number>
}

/**
 * Removes bodies that nobody is owed any more (`heldUntil`), and those that neither a job nor a submission that waits
 * names: refused prompts, and copies whose job was dropped.
 *
 * What never goes. A submission's ticket is on disk before its asker is answered, and names the prompt for as long as it
 * waits; the batch that removes it as the job is opened writes that the prompt is held for the job. A body that a job names is held for it by a record that is on disk before anything is said of the
 * body, and only a terminal job's record runs out: so the prompt of an open job, the answer of an undecided commit and
 * whatever a verdict is computed from stay, as does all that the owner paid for.
 *
 * Why looking and putting can't race. A body that is about to be named was put a moment ago, which renews its age;
 * `remove` takes nothing that was younger than an hour when the round began and has its turn before or after any put. So
 * what was looked at without a job or a ticket and got one meanwhile is young, and stays. Tickets are read first, and only
 * then who holds what: one that is opened in between is seen as the one or the other.
 *
 * What a crash leaves. The records go first, in one batch, then the body: a crash between leaves a body that no record
 * names, which goes in the next round. Nothing here is needed for a decision, and no clock is: one that is wrong makes
 * bodies of terminal jobs go early or late.
 */
export class Retention {
  readonly #options: RetentionOptions
  /** Own bodies by the day their job was closed on, as of the round before: 10 GiB last for many rounds. */
  #ownDays = new Map<number, number>()

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  /** One round over all bodies. `signal` ends it between two of them. */
  async sweep(signal: AbortSignal): Promise<Swept> {
    const unusedSinceMs = this.#options.now() - RETENTION.unnamedMs
    const waiting = await this.#waiting(signal)
    const oldestDay = oldestKept(this.#ownDays)
    const round: Round = { unusedSinceMs, waiting, oldestDay, days: new Map() }
    const swept = { looked: 0, removed: 0, removedBytes: 0 }
    for await (const body of this.#options.bodies.list()) {
      if (signal.aborted) return swept
      swept.looked += 1
      await breathe(swept.looked)
      if (body.usedMs > unusedSinceMs) continue
      if (!(await this.#expire(body, round))) continue
      swept.removed += 1
      swept.removedBytes += body.size
    }
    this.#ownDays = round.days
    return swept
  }

  /** Prompts of all submissions that wait. A job may have the same prompt as any number of them. */
  async #waiting(signal: AbortSignal): Promise<ReadonlySet<Digest>> {
    const prompts = new Set<Digest>()
    let read = 0
    for await (const { key, value } of this.#options.records.scan({ prefix: PREFIXES.ticket })) {
      if (signal.aborted) break
      read += 1
      await breathe(read)
      prompts.add(decodeRecord(ticketCodec, value, key).choices.prompt.digest)
    }
    return prompts
  }

  /** Removes the body if its time is over for every job, and the records of those for which it is. */
  async #expire(body: Stored, round: Round): Promise<boolean> {
    const { bodies, records, now } = this.#options
    const { oldestDay, days } = round
    const over: Write[] = []
    let isHeld = round.waiting.has(body.digest)
    let ownDay: number | undefined
    for await (const record of records.scan({ prefix: `${PREFIXES.body}${body.digest}/` })) {
      const held = readHolding(record)
      const state = held === undefined ? 'unknown' : await this.#stateOf(held.job)
      const day = held === undefined ? undefined : ownDayOf(held, state)
      const isPushedOut = day !== undefined && day < oldestDay
      const until = held === undefined ? 0 : heldUntil(held, state, body.usedMs)
      if (isPushedOut || (until !== undefined && until <= now())) over.push({ key: record.key, value: null })
      else {
        isHeld = true
        ownDay ??= day
      }
    }
    if (ownDay !== undefined) days.set(ownDay, (days.get(ownDay) ?? 0) + body.size)
    if (over.length > 0) await records.write(over)
    return !isHeld && (await bodies.remove(body.digest, round.unusedSinceMs))
  }

  /** A job closes in one batch: looked at in this order, it is never seen as neither open nor closed. */
  async #stateOf(job: JobId): Promise<JobState> {
    const { records } = this.#options
    if ((await records.get(keys.job(job))) !== undefined) return 'open'
    const closed = await records.get(keys.closed(job))
    if (closed === undefined) return 'unknown'
    return { closedMs: decodeRecord(jobRecordCodec, closed, keys.closed(job)).closedMs ?? 0 }
  }
}

/** Gives others a turn after each slice. */
async function breathe(count: number): Promise<void> {
  if (count % SLICE === 0) await new Promise((resolve) => setImmediate(resolve))
}

function ownDayOf({ own }: Holding, state: JobState): number | undefined {
  return own && typeof state === 'object' ? Math.floor(state.closedMs / DAY_MS) : undefined
}

/** The oldest day of which everything fits, together with all later ones; the newest day is kept in any case. */
function oldestKept(days: ReadonlyMap<number, number>): number {
  const newestFirst = [...days].toSorted(([a], [b]) => b - a)
  const [newest] = newestFirst
  let bytes = 0
  for (const [day, size] of newestFirst) {
    bytes += size
    if (bytes > RETENTION.ownBytes) return Math.min(day + 1, newest?.[0] ?? day)
  }
  return Number.NEGATIVE_INFINITY
}

interface Sweeping {
  readonly retention: Pick<Retention, 'sweep'>
  readonly swept: (swept: Swept) => void
  readonly failed: (error: unknown) => void
}

/** Sweeps again and again; the answer ends that, and resolves when no round is under way. */
export function startSweeping({ retention, swept, failed }: Sweeping): () => Promise<void> {
  const stopping = new AbortController()
  let round: Promise<void> | undefined
  const timer = setInterval(() => {
    round ??= retention
      .sweep(stopping.signal)
      .then(swept, failed)
      .finally(() => {
        round = undefined
      })
  }, RETENTION.sweepMs)
  return async () => {
    clearInterval(timer)
    stopping.abort()
    await round
  }
}
