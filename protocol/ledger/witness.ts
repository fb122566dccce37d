import type { Signer } from '../crypto/signer.ts'
import { sign } from '../encoding/signed.ts'
import type { AccountId, Digest, EntryId, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Roster } from '../swarm/roster.ts'
import type { AccountBook } from './account.ts'
import { type AdoptedPlaces, votable } from './adopted.ts'
import { entryIdOf, outputOf, type SignedEntry, VOTE } from './entry.ts'
import type { Fact } from './fact.ts'
import type { FactResult, JobOutput } from './ledger.ts'
import { hasRoomFor, weightOf } from './lock-room.ts'
import type { Locks } from './locks.ts'
import type { Nudge } from './nudge.ts'
import type { Resolving } from './resolving.ts'
import type { CertifyReply, ENTRY_FAULTS } from './messages.ts'
import type { OutputBook } from './output-book.ts'
import { validateEntry, votingRefusal } from './validate.ts'
import type { FactServer } from '../sync/serve.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'

export interface WitnessParts {
  readonly signer: Signer
  readonly roster: Roster
  readonly duty: WitnessDuty
  readonly accounts: AccountBook
  readonly outputs: OutputBook
  readonly locks: Locks
  readonly adopted: AdoptedPlaces
  /** Whether a value from an earlier epoch settles this account's fork. */
  readonly isSettling: (account: AccountId) => boolean
  readonly serveEpochs: (out: Outbox, behind: number, to: PeerId) => void
  readonly resolving: Resolving
  readonly nudge: Nudge
  /** The way of every fact (`sync/facts.ts`). */
  readonly apply: (out: Outbox, fact: Fact, from: PeerId) => FactResult
  readonly serve: Pick<FactServer, 'facts' | 'answer'>
  /** Store keys of what stands at a place of a chain: its certificate, or the resolution of a fork. */
  readonly placeKeys: (account: AccountId, seq: number) => readonly string[]
  /** Two entries for one place of a chain. */
  readonly conflict: (out: Outbox, one: SignedEntry, other: SignedEntry) => void
}

export type CertifyVerdict =
  | 'not_a_witness'
  | 'certified'
  | 'other_epoch'
  | 'stopped'
  | 'voted'
  | 'voted_before'
  | 'conflict'
  | 'crowded'
  | 'missing'
  | (typeof ENTRY_FAULTS)[number]

/**
 * Answers a request for a vote (4.6); the first match wins.
 *
 * A witness must never sign two entries for one place of a chain, across any crash. The lock and the vote
 * that it stands for are one record, written before the vote is handed to the outbox. The outbox stamps the
 * vote with the position of that record, so the vote leaves this machine only once the lock is durable: a
 * crash before loses both, and nobody has seen the vote; a crash after finds the lock again and repeats the
 * very same vote. The lock goes only in the event that writes the certificate of its place, and from then on
 * the first line answers. Nobody but the quorum can so learn of two entries for one place.
 */
export function answerCertify(
  parts: WitnessParts,
  out: Outbox,
  message: MessageOf<'certify'>,
): CertifyVerdict {
  const { roster, duty, accounts, locks } = parts
  const { from, body } = message
  const settled = applyEvidence(parts, out, message)
  if (!duty.active) return 'not_a_witness'
  const { account, seq } = body.entry.body
  const state = accounts.get(account)
  if (seq < state.seq) {
    parts.serve.facts(out, from, parts.placeKeys(account, seq))
    return 'certified'
  }
  const entry = entryIdOf(body.entry)
  const reply = (outcome: CertifyReply['outcome']) => out.send(from, 'certify-reply', { entry, outcome })
  if (body.epoch !== roster.epoch.number) {
    reply({ type: 'epoch', epoch: roster.epoch.number })
    parts.serveEpochs(out, body.epoch, from)
    return 'other_epoch'
  }
  if (duty.stopped || parts.isSettling(account)) {
    reply({ type: 'stopped' })
    return 'stopped'
  }
  if (parts.resolving.of(account) !== undefined) {
    reply({ type: 'stopped' })
    return 'stopped'
  }
  const lock = locks.get(account, seq)
  if (lock !== undefined) {
    if (lock.vote.body.entry !== entry) {
      showConflict(parts, out, from, { asked: entry, bound: lock.entry })
      parts.conflict(out, lock.entry, body.entry)
      return 'conflict'
    }
    out.sendSigned(from, 'vote', lock.vote)
    return 'voted_before'
  }
  const adopted = parts.adopted.get(account, seq)
  const bound = adopted === undefined ? undefined : votable(adopted)
  if (adopted !== undefined && (bound === undefined || entryIdOf(bound) !== entry)) {
    const other = bound ?? adopted.entries.find((one) => entryIdOf(one) !== entry)
    if (other !== undefined) {
      showConflict(parts, out, from, { asked: entry, bound: other })
      parts.conflict(out, other, body.entry)
      return 'conflict'
    }
  }
  const validity = validateEntry(body.entry, state, {
    roster,
    unclaimed: (ref) => parts.outputs.find(account, ref)?.amount,
    settled: (source) => settled.get(source),
  })
  if (validity.status === 'missing') {
    reply({ type: 'missing', ids: validity.ids.slice(0, LIMITS.missing) })
    return 'missing'
  }
  if (validity.status === 'fault') {
    reply({ type: 'reject', code: validity.code })
    return validity.code
  }
  const refusal = votingRefusal(body.entry.body, roster, out.now, adopted?.epoch)
  if (refusal !== undefined) {
    reply({ type: 'reject', code: refusal })
    return refusal
  }
  if (adopted === undefined && !hasRoom(parts, body.entry)) {
    reply({ type: 'stopped' })
    return 'crowded'
  }
  out.sendSigned(from, 'vote', lockFor(parts, out, body.entry))
  return 'voted'
}

/** All witnesses have adopted the same, which a handover lists once. */
function hasRoom({ roster, locks, adopted }: WitnessParts, entry: SignedEntry): boolean {
  const { witnesses } = roster.epoch.sizes
  const used = locks.weight + Math.ceil(adopted.weight / witnesses) + weightOf(entry)
  return hasRoomFor(entry.body, used, witnesses)
}

/** The other entry may be large and the one that asks small: it is counted, and told again when it may be. */
function showConflict(
  { serve }: WitnessParts,
  out: Outbox,
  to: PeerId,
  { asked, bound }: { readonly asked: EntryId; readonly bound: SignedEntry },
): void {
  if (serve.answer(out, to, bound.bytes.length) === 'busy') return
  out.send(to, 'certify-reply', { entry: asked, outcome: { type: 'conflict', entry: bound } })
}

function lockFor({ signer, roster, locks, nudge }: WitnessParts, out: Outbox, entry: SignedEntry) {
  const { account, seq } = entry.body
  const body = { epoch: roster.epoch.number, account, seq, entry: entryIdOf(entry) }
  const vote = sign(signer, roster.swarm, VOTE, body)
  locks.set(out, { entry, vote })
  nudge.locked(out, entry)
  return vote
}

type Settled = ReadonlyMap<Digest, readonly Pick<JobOutput, 'index' | 'to'>[]>

/** Applies the facts that came along; what is certain to be applied here then shows its outputs. */
function applyEvidence({ apply }: WitnessParts, out: Outbox, { from, body }: MessageOf<'certify'>): Settled {
  const settled = new Map<Digest, readonly Pick<JobOutput, 'index' | 'to'>[]>()
  for (const fact of body.evidence) {
    const { status } = apply(out, fact, from)
    if (fact.type !== 'certificate' || (status !== 'applied' && status !== 'known')) continue
    const { entry } = fact.certificate
    settled.set(
      entryIdOf(entry),
      entry.body.ops.flatMap((operation, index) => {
        const made = outputOf(operation)
        return made === undefined ? [] : [{ index, to: made.to }]
      }),
    )
  }
  return settled
}

/**
 * Tells an owner where its account stands here, and which entry this witness is bound to at its next place. One that is
 * behind can't tell: an owner that has forgotten an entry would take its answer for a quorum's.
 */
export function answerHead(parts: WitnessParts, out: Outbox, { from, body }: MessageOf<'head-query'>): void {
  if (!parts.duty.active || parts.duty.isBehind) return
  const { seq } = parts.accounts.get(body.account)
  const adopted = parts.adopted.get(body.account, seq)
  const listed = adopted === undefined ? undefined : (votable(adopted) ?? adopted.entries[0])
  const entry = parts.locks.get(body.account, seq)?.entry ?? listed ?? null
  if (parts.serve.answer(out, from, entry?.bytes.length ?? 0) === 'busy') return
  out.send(from, 'head-reply', { account: body.account, seq, entry })
}
