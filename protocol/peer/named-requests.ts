import { encodeBody } from '../encoding/body.ts'
import { digest, struct } from '../encoding/codec.ts'
import type { Digest, EntryId } from '../ids.ts'
import { type Submission, submissionCodec } from '../jobs/ticket.ts'
import { keys, ownText, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { RequestName } from './command.ts'
import type { Outbox } from './outbox.ts'

/** What became of a named request of this peer's owner. */
export const requestCodec = struct({ content: digest(), entry: digest<EntryId>() })

/** A request is repeated within seconds, or by a script that was down over a weekend; a week is beyond both. */
export const REQUEST_KEPT_MS = 7 * 24 * 3_600_000
/** Names held in memory, 200 bytes each: 20 MB for an owner who names ten requests a second for three hours. */
export const REQUESTS_MAX = 100_000
/** More than come with one, so that what is overdue goes; few, so that no batch grows large by it. */
const FORGOTTEN_AT_ONCE = 2

const NOTHING = new Uint8Array(0)

/**
 * The requests that their asker named and that were signed, each with the entry it became: the newest `REQUESTS_MAX`
 * of the last week. An older one is forgotten in the batch of a newer one; its name then stands for nothing, and
 * repeated it is carried out again.
 */
export class NamedRequests {
  /** Times by name, the oldest first. */
  readonly #times = new Map<Digest, number>()
  readonly #isUnderWay: (name: Digest) => boolean

  /** What is under way isn't forgotten, however old it is: repeated, it would be carried out beside itself. */
  constructor(isUnderWay: (name: Digest) => boolean = () => false) {
    this.#isUnderWay = isUnderWay
  }

  /** In the batch of the signed entry: a repetition finds either both or neither. */
  remember(out: Outbox, { name, content }: RequestName, entry: EntryId): void {
    this.#note(out, name)
    out.write(keys.request(name), encodeBody(requestCodec, { content, entry }))
    this.#prune(out)
  }

  /** A submission: in the batch of the entry that opens its job, or of its withdrawal. */
  rememberJob(out: Outbox, name: Digest, submission: Submission): void {
    this.#note(out, name)
    out.write(keys.submission(name), encodeBody(submissionCodec, submission))
    this.#prune(out)
  }

  /** Whether something was carried out, or withdrawn, under this name. */
  has(name: Digest): boolean {
    return this.#times.has(name)
  }

  #note(out: Outbox, name: Digest): void {
    this.forget(out, name)
    this.#times.set(name, out.now)
    out.write(keys.requestTime(out.now, name), NOTHING)
  }

  /** Records come in the order of their keys, which begin with the time. */
  restore({ key }: StoredRecord): void {
    if (!key.startsWith(PREFIXES.requestTime)) return
    const [time = '', name = ''] = key.slice(PREFIXES.requestTime.length).split('/')
    // Keys of this peer's own store were written from digests.
    this.#times.set(ownText(name) as Digest, Number(time))
  }

  #prune(out: Outbox): void {
    let forgotten = 0
    for (const [name, atMs] of this.#times) {
      const isOverdue = this.#times.size > REQUESTS_MAX || atMs <= out.now - REQUEST_KEPT_MS
      if (!isOverdue || forgotten >= FORGOTTEN_AT_ONCE) return
      if (this.#isUnderWay(name)) this.#postpone(out, name, atMs)
      else this.forget(out, name)
      forgotten += 1
    }
  }

  /** It is looked at again once all that are remembered now have had their time. */
  #postpone(out: Outbox, name: Digest, atMs: number): void {
    this.#times.delete(name)
    this.#times.set(name, out.now)
    out.write(keys.requestTime(atMs, name), null)
    out.write(keys.requestTime(out.now, name), NOTHING)
  }

  /** The name stands for nothing: it is old, or its submission waits once more. */
  forget(out: Outbox, name: Digest): void {
    const atMs = this.#times.get(name)
    if (atMs === undefined) return
    this.#times.delete(name)
    out.write(keys.request(name), null)
    out.write(keys.submission(name), null)
    out.write(keys.batch(name), null)
    out.write(keys.requestTime(atMs, name), null)
  }
}
