import type { MessageOf } from '../intake/message.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Roster } from '../swarm/roster.ts'
import type { AccountBook } from './account.ts'
import type { AccountId } from '../ids.ts'
import { entryIdOf, type SignedEntry } from './entry.ts'

const TIMER = 'ledger/recover'

/** Users wait for the answer, and a question costs a witness next to nothing. */
const WAIT_MS_MAX = 2_000

export interface RecoveryParts {
  readonly self: AccountId
  readonly roster: Roster
  readonly accounts: AccountBook
  /** A quorum has answered: entries of this account that witnesses are bound to at its next place. */
  readonly found: (out: Outbox, entries: readonly SignedEntry[]) => 'clean' | 'taken up'
  readonly done: (out: Outbox) => void
  readonly waiting: (out: Outbox) => void
}

/**
 * Before this process signs a new entry of its own account it asks q witnesses for the account's head and for
 * the entry they are bound to (4.7). Its store may be a restored backup or a lost disk's successor: then an
 * entry that it has forgotten may be half certified, and another one in its place would be a fork. Of any
 * entry that has q votes a correct witness is among those asked, and tells.
 */
export interface Recovery {
  readonly isDone: boolean
  start(out: Outbox): void
  /** Other witnesses are to be asked from now on. */
  restart(out: Outbox): void
  onReply(out: Outbox, message: MessageOf<'head-reply'>): void
  onTimer(out: Outbox, id: string): boolean
}

export function createRecovery({ self, roster, accounts, found, done, waiting }: RecoveryParts): Recovery {
  const answered = new Set<number>()
  const entries = new Map<string, SignedEntry>()
  let isDone = false
  let askedFor = -1
  /** Answers of this try were enough, and brought something to be certified first: the timer asks again. */
  let isConcluded = false
  let waitMs: number = TIMES.retryMs

  function ask(out: Outbox): void {
    const { seq } = accounts.get(self)
    if (seq !== askedFor || isConcluded) {
      answered.clear()
      entries.clear()
      askedFor = seq
      isConcluded = false
    }
    roster.epoch.witnesses.forEach((witness, position) => {
      if (!answered.has(position)) out.send(witness, 'head-query', { account: self })
    })
    out.timer(TIMER, waitMs)
    waitMs = Math.min(waitMs * 2, WAIT_MS_MAX)
  }

  function conclude(out: Outbox): void {
    if (answered.size < roster.epoch.sizes.quorum) return
    if (found(out, [...entries.values()]) === 'clean') {
      isDone = true
      out.cancelTimer(TIMER)
      done(out)
      return
    }
    isConcluded = true
  }

  return {
    get isDone() {
      return isDone
    },
    start: ask,
    restart(out) {
      if (isDone) return
      answered.clear()
      ask(out)
    },
    onReply(out, { from, body }) {
      const position = roster.witnessPosition(from)
      if (isDone || isConcluded || position < 0 || body.account !== self) return
      const { seq } = accounts.get(self)
      if (body.seq > seq) {
        out.send(from, 'sync-fetch', {
          accounts: [{ account: self, from: seq }],
          jobs: [],
          ids: [],
          resolved: [],
          trust: null,
        })
        return
      }
      if (seq !== askedFor) return ask(out)
      const { entry } = body
      const isOwn = entry?.signer === self && entry.body.account === self && entry.body.seq === seq
      if (entry !== null && isOwn) entries.set(entryIdOf(entry), entry)
      answered.add(position)
      conclude(out)
    },
    onTimer(out, id) {
      if (id !== TIMER) return false
      if (isDone) return true
      ask(out)
      waiting(out)
      return true
    },
  }
}
