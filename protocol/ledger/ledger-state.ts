import type { Signer } from '../crypto/signer.ts'
import type { AccountId, Digest, EntryId, JobId, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import type { LoadPurpose } from '../peer/effect.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Supply } from '../peer/view.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Roster } from '../swarm/roster.ts'
import { accountLeaf, EPOCH_KEY, epochLeaf } from '../sync/leaves.ts'
import { createAccountBook } from './account.ts'
import { addOutput, applyToBooks, type Books } from './apply.ts'
import type { Certificate } from './certificate.ts'
import { createDriver, type Driver, type ReplyVerdict, type VoteVerdict } from './driver.ts'
import type { Operation, SignedEntry } from './entry.ts'
import type { Fact } from './fact.ts'
import type {
  AccountView,
  ApplyResult,
  JobOutput,
  LedgerListener,
  OpenedJob,
  SubmitOutcome,
} from './ledger.ts'
import { createLocks } from './locks.ts'
import { createOpenJobs } from './open-jobs.ts'
import { createOutputBook } from './output-book.ts'
import { createOwner } from './owner.ts'
import { answerCertify, type CertifyVerdict } from './witness.ts'

export interface LedgerOptions {
  readonly signer: Signer
  readonly roster: Roster
  readonly listener: LedgerListener
  readonly digest: { set(key: string, leaf: Digest): void }
  /** `Facts.apply` of `sync/facts.ts`, which calls back `applyCertificate`. */
  readonly apply: (out: Outbox, fact: Fact, from: PeerId) => ApplyResult
  /** `Announcer.entry` of `sync/announce.ts`. */
  readonly announce: (out: Outbox, entry: { account: AccountId; seq: number; entry: EntryId }) => void
  /** Newest decided step of a job. */
  readonly jobStep: (job: JobId) => number | undefined
}

/**
 * The credit ledger of one peer: accounts and outputs, its witness's vote, its own account, and the drive of
 * entries to their certificates. Every call happens within one event; what it persists goes into the same
 * batch as everything else that the event changed.
 */
export interface Ledger {
  restore(record: StoredRecord): boolean
  /** After every record was restored: drives on what was in flight. */
  start(out: Outbox): void
  onCertify(out: Outbox, message: MessageOf<'certify'>): CertifyVerdict
  onVote(out: Outbox, message: MessageOf<'vote'>): VoteVerdict
  onReply(out: Outbox, message: MessageOf<'certify-reply'>): ReplyVerdict
  /** For `loaded` with the purpose `evidence`. */
  onEvidence(
    out: Outbox,
    values: readonly (Uint8Array | undefined)[],
    purpose: Extract<LoadPurpose, { type: 'evidence' }>,
  ): void
  /** True when the timer is the ledger's. */
  onTimer(out: Outbox, id: string): boolean
  /** For `Facts` alone: a fact from anywhere else goes through them. */
  applyCertificate(out: Outbox, certificate: Certificate): ApplyResult
  /**
   * Ends an escrow by a job's terminal decision: `outputs` are claimable by its id. They must sum up to the
   * escrow; anything else is a contradiction and changes nothing. `known` for a job that isn't open.
   */
  creditJob(out: Outbox, job: JobId, outputs: readonly JobOutput[]): ApplyResult
  /** A job with its escrow still set aside; undefined before its `open` is certified and after it is settled. */
  opened(job: JobId): OpenedJob | undefined
  openedJobs(): Iterable<OpenedJob>
  /** Operations of this peer's own account, signed together in one entry. */
  submit(out: Outbox, operations: readonly Operation[], request: number): SubmitOutcome
  nextNonce(): number
  available(): bigint
  /** Drives somebody else's entry, as a steward does for a guest. */
  drive: Driver['drive']
  account(account: AccountId): AccountView | undefined
  accounts(): Iterable<AccountView>
  nextSeq(account: AccountId): number
  supply(): Supply
  /** Number of certified entries in all chains. */
  entries(): number
}

export function createLedger(options: LedgerOptions): Ledger {
  const { signer, roster, listener, digest, apply, announce, jobStep } = options
  const self = signer.id
  const books: Books = {
    accounts: createAccountBook(roster.swarm),
    outputs: createOutputBook(),
    opens: createOpenJobs(),
    digest,
  }
  const { accounts, outputs, opens } = books
  const locks = createLocks()

  function evidenceKeys({ body }: SignedEntry, ids: readonly string[]): readonly string[] {
    const wanted = new Set(ids)
    const found = wanted.has(body.prev) && body.seq > 0 ? [keys.certificate(body.account, body.seq - 1)] : []
    for (const claim of body.claims) {
      if (!wanted.delete(claim.source)) continue
      const origin = outputs.find(body.account, claim)?.origin
      if (origin) found.push(keys.certificate(origin.account, origin.seq))
      // A job's source is its terminal decision, which rests on the earlier ones.
      for (let step = 0; origin === null && step <= (jobStep(claim.source) ?? -1); step += 1) {
        found.push(keys.decision(claim.source, step))
      }
    }
    return found
  }

  const driver = createDriver({ self, roster, apply, announce, evidenceKeys })
  const owner = createOwner({ signer, roster, accounts, outputs, driver, listener })
  const witness = { signer, roster, accounts, outputs, locks, apply }
  digest.set(EPOCH_KEY, epochLeaf(roster.epoch.number))

  function viewOf(account: AccountId): AccountView {
    const { seq, head, free } = accounts.get(account)
    return {
      account,
      seq,
      head,
      free,
      claimable: outputs.claimable(account),
      escrowed: opens.escrowed(account),
    }
  }

  return {
    restore(record) {
      if (record.key.startsWith(PREFIXES.account)) {
        const { account, state } = accounts.restore(record)
        digest.set(account, accountLeaf(state))
      } else if (record.key.startsWith(PREFIXES.output)) outputs.restore(record)
      else if (record.key.startsWith(PREFIXES.open)) opens.restore(record)
      else if (record.key.startsWith(PREFIXES.lock)) locks.restore(record)
      else if (record.key.startsWith(PREFIXES.own)) owner.restore(record)
      else return false
      return true
    },
    start: owner.start,
    onCertify: (out, message) => answerCertify(witness, out, message),
    onVote: driver.onVote,
    onReply: driver.onReply,
    onEvidence: driver.onEvidence,
    onTimer: driver.onTimer,
    applyCertificate(out, certificate) {
      const applied = applyToBooks(books, out, certificate)
      if (applied.status !== 'applied') return applied
      const { account, seq } = certificate.entry.body
      locks.release(out, account, seq)
      driver.forget(out, applied.entry)
      for (const opened of applied.opened) listener.opened(out, opened)
      if (account === self) owner.certified(out, certificate.entry, applied.entry)
      else owner.received(out)
      return { status: 'applied' }
    },
    creditJob(out, job, made) {
      const opened = opens.get(job)
      if (opened === undefined) return { status: 'known' }
      const sum = made.reduce((total, { amount }) => total + amount, 0n)
      if (sum !== opened.escrow || made.some(({ amount }) => amount < 0n)) return { status: 'contradiction' }
      opens.remove(out, job)
      for (const { index, to, amount } of made) {
        if (amount > 0n) addOutput(books, out, to, { source: job, index, amount, origin: null })
      }
      owner.received(out)
      return { status: 'applied' }
    },
    opened: opens.get,
    openedJobs: opens.all,
    submit: owner.submit,
    nextNonce: owner.nextNonce,
    available: owner.available,
    drive: driver.drive,
    account: (account) => (accounts.has(account) || outputs.count(account) > 0 ? viewOf(account) : undefined),
    *accounts() {
      for (const account of accounts.names()) yield viewOf(account)
      for (const account of outputs.owners()) if (!accounts.has(account)) yield viewOf(account)
    },
    nextSeq: (account) => (accounts.has(account) ? accounts.get(account).seq : 0),
    supply() {
      const { free, minted, owed } = accounts.sums()
      return { minted, free, unclaimed: outputs.total() - owed, escrowed: opens.total(), burnt: 0n }
    },
    entries: () => accounts.sums().entries,
  }
}
