import type { InstanceRules } from '../agreement/instance-rules.ts'
import type { Decision } from '../agreement/messages.ts'
import type { Signer } from '../crypto/signer.ts'
import { sign } from '../encoding/signed.ts'
import type { AccountId, Digest, EntryId, InstanceId, JobId, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { LIMITS } from '../params.ts'
import type { LoadPurpose } from '../peer/effect.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { StoredRecord } from '../records/record.ts'
import type { LiveRoster } from '../swarm/live-roster.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'
import { EPOCH_KEY, epochLeaf } from '../sync/leaves.ts'
import { createAccountBook } from './account.ts'
import { createAdoptedPlaces } from './adopted.ts'
import { applyResolution } from './apply-resolution.ts'
import { applyToBooks, type Books, creditJob } from './apply.ts'
import type { Certificate } from './certificate.ts'
import { createDriver, type Driver, type ReplyVerdict, type VoteVerdict } from './driver.ts'
import type { Operation, SignedEntry } from './entry.ts'
import { createEvidence } from './evidence.ts'
import type { Fact } from './fact.ts'
import { createForkBook } from './forks.ts'
import type {
  ApplyResult,
  FactResult,
  JobOutput,
  LedgerListener,
  OpenedJob,
  Place,
  SubmitOutcome,
} from './ledger.ts'
import { createLedgerReads, type LedgerReads } from './ledger-reads.ts'
import { createLocks } from './locks.ts'
import { createNudge } from './nudge.ts'
import { createOpenJobs } from './open-jobs.ts'
import { createOutputBook } from './output-book.ts'
import { createOwner } from './owner.ts'
import type { FactServer } from '../sync/serve.ts'
import { createRecovery } from './recovery.ts'
import { createResolution, type ResolveVerdict } from './resolution-part.ts'
import { FORK, type ForkProof, forkProofOf } from './resolution.ts'
import { isPlausible } from './resolve-rules.ts'
import { createResolvedBook, type ResolvedBook } from './resolved.ts'
import { createResolving } from './resolving.ts'
import { createSuccession, type Succession } from './succession.ts'
import { restoreInto } from './restore.ts'
import { answerCertify, answerHead, type CertifyVerdict } from './witness.ts'

/** Larger proofs are kept but not gossiped: whoever deals with the account meets the fork by itself. */
const FORK_GOSSIP_BYTES_MAX = LIMITS.gossipBytes - 4_096

export interface LedgerOptions {
  readonly signer: Signer
  readonly roster: LiveRoster
  readonly duty: WitnessDuty
  readonly listener: LedgerListener
  readonly digest: { set(key: string, leaf: Digest): void }
  /** `Facts.apply` of `sync/facts.ts`, which calls back `applyCertificate`. */
  readonly apply: (out: Outbox, fact: Fact, from: PeerId) => FactResult
  readonly serve: Pick<FactServer, 'facts' | 'answer'>
  /** `Announcer.entry` of `sync/announce.ts`. */
  readonly announce: (out: Outbox, entry: { account: AccountId; seq: number; entry: EntryId }) => void
  /** Newest decided step of a job. */
  readonly jobStep: (job: JobId) => number | undefined
  /** Whether a value from an earlier epoch settles this account's fork. */
  readonly isSettling: (account: AccountId) => boolean
  /** Sends a peer how the epochs behind this one began. */
  readonly serveEpochs: (out: Outbox, behind: number, to: PeerId) => void
}

/**
 * The credit ledger of one peer: accounts and outputs, its witness's vote, its own account, and the drive of
 * entries to their certificates. Every call happens within one event; what it persists goes into the same
 * batch as everything else that the event changed.
 */
export interface Ledger extends LedgerReads, Succession {
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
  onHeadQuery(out: Outbox, message: MessageOf<'head-query'>): void
  onHeadReply(out: Outbox, message: MessageOf<'head-reply'>): void
  /** An owner's request to settle a fork; its instance begins where this peer witnesses. */
  onResolve(out: Outbox, message: MessageOf<'resolve'>): ResolveVerdict
  /** A fork proof that another peer found. */
  onFork(out: Outbox, message: MessageOf<'fork'>): void
  /** Signs a request to settle the fork of this peer's own account; false when it isn't forked. */
  resolveOwn(out: Outbox): boolean
  /** What the instances `resolve/...` bring to the agreement. */
  readonly resolveRules: InstanceRules
  /** For `Facts` alone: the decision on a fork. */
  applyResolution(out: Outbox, decision: Decision): ApplyResult
  /** Who must hear of a resolution without waiting for gossip: the witnesses, which have stopped, and the owner. */
  audience(instance: InstanceId): readonly PeerId[]
  /** Sends a peer how a fork was settled; false while it isn't. */
  serveResolution(out: Outbox, instance: InstanceId, to: PeerId): boolean
  readonly resolved: ResolvedBook['get']
  /** Store keys of what stands at a place of a chain. */
  placeKeys(account: AccountId, seq: number): readonly string[]
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
  nextSeq(account: AccountId): number
  /** Where an account with a certified entry stands. */
  head(account: AccountId): { readonly seq: number; readonly head: Digest } | undefined
}

export function createLedger(options: LedgerOptions): Ledger {
  const { signer, roster, duty, listener, digest, jobStep } = options
  const self = signer.id
  const books: Books = {
    accounts: createAccountBook(roster.swarm),
    outputs: createOutputBook(),
    opens: createOpenJobs(),
    resolved: createResolvedBook(digest),
    digest,
    membership: roster.changes,
  }
  const { accounts, outputs, opens, resolved } = books
  const locks = createLocks()
  const adopted = createAdoptedPlaces()
  const isPressing = (proof: ForkProof) =>
    proof.first.body.seq === accounts.get(proof.first.body.account).seq &&
    isPlausible({ roster, accounts, outputs }, proof)
  const forks = createForkBook(self, isPressing)
  const resolving = createResolving()

  const { placeKeys, evidenceKeys } = createEvidence({ outputs, resolved, jobStep })

  /** Keeps what two entries for one place prove, and tells the others the first time. */
  function conflict(out: Outbox, one: SignedEntry, other: SignedEntry): void {
    const proof = forkProofOf(one, other)
    if (proof === undefined || !forks.keep(out, proof)) return
    const bytes = proof.first.bytes.length + proof.second.bytes.length
    if (bytes <= FORK_GOSSIP_BYTES_MAX) out.publish('fork', sign(signer, roster.swarm, FORK, proof))
  }

  const isStopped = () => duty.stopped
  const { gaveUp } = listener
  const shownWith = adopted.evidenceFor
  const driver = createDriver({ ...options, self, conflict, gaveUp, evidenceKeys, shownWith, isStopped })
  const nudge = createNudge({ locks, driver })
  const owner = createOwner({
    signer,
    roster,
    accounts,
    outputs,
    driver,
    listener,
    conflict,
    isRecovered: () => recovery.isDone,
    isForked() {
      const proof = forks.ownProof()
      return resolving.of(self) !== undefined || (proof !== undefined && isPressing(proof))
    },
  })
  const recovery = createRecovery({
    self,
    roster,
    accounts,
    found: owner.found,
    done: owner.recovered,
    waiting: owner.stillRecovering,
  })
  const witness = { ...options, accounts, outputs, locks, adopted, resolving, nudge, placeKeys, conflict }
  const resolution = createResolution({ ...witness, self, forks, resolved, listener })
  const succession = createSuccession({ ...witness, driver, recovery, resolution })
  digest.set(EPOCH_KEY, epochLeaf(roster.epoch.number))

  /** A place of a chain has its entry, or a merged head: whatever else was wanted there is over. */
  function settled(out: Outbox, place: Place, entry: SignedEntry | undefined): void {
    locks.release(out, place.account, place.seq)
    nudge.settled(out, place)
    driver.settled(out, place, entry)
    listener.placeSettled(out, place, entry)
    if (place.account !== self) return owner.received(out)
    listener.ownSettled(out)
    owner.settled(out)
  }

  /**
   * A merge may replace a branch that this witness had certified, and behind which it voted. That vote's entry
   * builds on no head any more and can't be certified: the witnesses that decided had stopped, so fewer than a
   * quorum voted for it. It is the one case in which a correct witness votes twice for a place.
   */
  function dropBehind(out: Outbox, place: Place): void {
    const lock = locks.get(place.account, place.seq)
    const [entry = lock?.entry] = adopted.get(place.account, place.seq)?.entries ?? []
    if (entry === undefined || entry.body.prev === accounts.get(place.account).head) return
    locks.release(out, place.account, place.seq)
    adopted.release(out, place)
    nudge.settled(out, place)
    driver.settled(out, place, undefined)
  }

  return {
    restore: (record) => restoreInto({ books, locks, adopted, forks, resolving, owner }, record),
    start(out) {
      nudge.start(out, succession.driven())
      recovery.start(out)
      owner.start(out)
      resolution.start(out)
    },
    onCertify: (out, message) => answerCertify(witness, out, message),
    onHeadQuery: (out, message) => answerHead(witness, out, message),
    onHeadReply: recovery.onReply,
    onResolve: resolution.onResolve,
    resolveOwn: resolution.resolveOwn,
    resolveRules: resolution.rules,
    serveResolution: resolution.serve,
    audience: resolution.audience,
    onFork: (out, { body }) => void forks.keep(out, body),
    onVote: driver.onVote,
    onReply: driver.onReply,
    onEvidence: driver.onEvidence,
    onTimer: (out, id) =>
      driver.onTimer(out, id) ||
      nudge.onTimer(out, id) ||
      recovery.onTimer(out, id) ||
      resolution.onTimer(out, id),
    applyCertificate(out, certificate) {
      const applied = applyToBooks(books, out, certificate)
      if (applied.status !== 'applied') return applied
      for (const opened of applied.opened) listener.opened(out, opened)
      settled(out, certificate.entry.body, certificate.entry)
      resolution.stir(out, certificate.entry.body.account)
      return { status: 'applied' }
    },
    applyResolution(out, decision) {
      const applied = applyResolution(books, out, decision)
      if (applied.status !== 'applied') return applied
      const { account, entered, place } = applied
      resolving.release(out, account, place.number)
      for (const opened of entered?.opened ?? []) listener.opened(out, opened)
      if (place.isSettled) {
        settled(out, { account, seq: place.seq }, undefined)
        dropBehind(out, { account, seq: place.seq + 1 })
      }
      if (account === self) owner.recovered(out)
      return { status: 'applied' }
    },
    resolved: resolved.get,
    placeKeys,
    creditJob: (out, job, made) => {
      const credited = creditJob(books, out, job, made)
      if (credited.status === 'applied') owner.received(out)
      return credited
    },
    opened: opens.get,
    openedJobs: opens.all,
    submit: owner.submit,
    nextNonce: owner.nextNonce,
    available: owner.available,
    drive: driver.drive,
    ...succession,
    nextSeq: (account) => (accounts.has(account) ? accounts.get(account).seq : 0),
    head(account) {
      if (!accounts.has(account)) return undefined
      const { seq, head } = accounts.get(account)
      return { seq, head }
    },
    ...createLedgerReads({ books, forks }),
  }
}
