import type { BodyOf } from '../encoding/kinds.ts'
import { quorumOf } from '../encoding/quorum.ts'
import type { AccountId, EntryId, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { LIMITS, TIMES } from '../params.ts'
import type { LoadPurpose } from '../peer/effect.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Roster } from '../swarm/roster.ts'
import type { Certificate } from './certificate.ts'
import { entryIdOf, placeOf, type SignedEntry } from './entry.ts'
import { certificateFact, type Fact, packFacts } from './fact.ts'
import type { Place } from './ledger.ts'
import { createPace } from './pace.ts'
import type { EntryFault } from './messages.ts'

/** Facts sent along with one request: applying more would keep the witness's other work waiting. */
const EVIDENCE_FACTS = 8

const TIMER = 'ledger/drive/'
/** One for each witness that is behind, of each entry. */
const BEHIND = 'ledger/behind/'

/** A witness that is told of an epoch begins it within one fetch of the handover's parts. */
const BEGIN_MS = 100
/** How often it is asked between two repetitions, each after twice the time; what it says costs nobody else anything. */
const BEGIN_TRIES = 3

export interface DriverParts {
  readonly self: PeerId
  readonly roster: Roster
  /** The way of every fact; it comes back as `certified` once it is applied. */
  readonly apply: (out: Outbox, fact: Fact, from: PeerId) => unknown
  readonly announce: (out: Outbox, entry: { account: AccountId; seq: number; entry: EntryId }) => void
  /** A witness is bound to another entry of the same place: with the driven one that is a fork proof. */
  readonly conflict: (out: Outbox, driven: SignedEntry, other: SignedEntry) => void
  /** No quorum is left for an entry; `why` is what the last witness said. */
  readonly gaveUp: (out: Outbox, entry: SignedEntry, why: EntryFault | 'conflict') => void
  /** Store keys of facts that show `ids` to a witness, for an entry whose claims or `prev` name them. */
  readonly evidenceKeys: (entry: SignedEntry, ids: readonly string[]) => readonly string[]
  /** What every witness is shown along with an entry, since it wouldn't vote for it otherwise. */
  readonly shownWith: (entry: SignedEntry) => Certificate | undefined
  /** While an epoch change is under way this witness makes no certificate of the old epoch. */
  readonly isStopped: () => boolean
  readonly serveEpochs: (out: Outbox, behind: number, to: PeerId) => void
}

interface Driven {
  readonly id: EntryId
  readonly entry: SignedEntry
  /** Signatures by the witness's position in the epoch. */
  readonly votes: Map<number, Uint8Array>
  /** Witnesses that will never vote for it, as it stands: they refuse it, or are bound to another entry. */
  readonly refusals: Map<number, EntryFault | 'conflict'>
  /**
   * What each witness lacked when it was sent evidence since the last repetition. One that lacks the very same
   * again waits for the next: else two peers, and a network that doubles frames, keep each other busy for ever.
   */
  readonly supplied: Map<number, string>
  /** How often each was told of this epoch since the last repetition. */
  readonly behind: Map<number, number>
  sinceMs: number
  delayMs: number
}

export type VoteVerdict =
  | 'counted'
  | 'certified'
  | 'not_driven'
  | 'wrong_epoch'
  | 'not_a_witness'
  | 'wrong_entry'
export type ReplyVerdict = 'noted' | 'not_driven' | 'not_a_witness'

/**
 * Brings entries to their certificates (4.7): asks every witness, repeats with backoff to those that haven't
 * answered, supplies what they lack. It keeps nothing on disk: whoever drives an entry drives it again after
 * a restart. Anyone may drive anyone's entry, so its owner may be gone.
 */
export interface Driver {
  /** False when too many entries are driven already. */
  drive(out: Outbox, entry: SignedEntry): boolean
  onVote(out: Outbox, message: MessageOf<'vote'>): VoteVerdict
  onReply(out: Outbox, message: MessageOf<'certify-reply'>): ReplyVerdict
  onEvidence(
    out: Outbox,
    values: readonly (Uint8Array | undefined)[],
    purpose: Extract<LoadPurpose, { type: 'evidence' }>,
  ): void
  onTimer(out: Outbox, id: string): boolean
  /** A new epoch has begun: every entry is asked for anew, as it stands. */
  restart(out: Outbox): void
  /** A place of a chain is settled: nothing is driven there any more. `entry` is what was certified there. */
  settled(out: Outbox, place: Place, entry: SignedEntry | undefined): void
}

/** A witness that is behind is asked again by itself, a few times until all are. */
function awaitBegin(out: Outbox, { id, behind }: Driven, position: number): 'first' | 'again' | 'enough' {
  const tries = behind.get(position) ?? 0
  if (tries >= BEGIN_TRIES) return 'enough'
  behind.set(position, tries + 1)
  out.timer(`${BEHIND}${id}/${position}`, BEGIN_MS * 2 ** tries)
  return tries === 0 ? 'first' : 'again'
}

export function createDriver(parts: DriverParts): Driver {
  const { self, roster, apply, announce, conflict, evidenceKeys, shownWith, isStopped, serveEpochs } = parts
  const driven = new Map<string, Driven>()
  const pace = createPace()
  /** What is driven by its place; only a fork has more than one entry at one. */
  const places = new Map<string, readonly Driven[]>()

  function bodyOf({ entry }: Driven): BodyOf<'certify'> {
    const shown = shownWith(entry)
    const evidence = shown === undefined ? [] : [certificateFact(shown)]
    return { epoch: roster.epoch.number, entry, evidence }
  }

  function askOne(out: Outbox, drive: Driven, position: number): void {
    const witness = roster.epoch.witnesses[position]
    if (witness === undefined || drive.votes.has(position) || drive.refusals.has(position)) return
    out.send(witness, 'certify', bodyOf(drive))
  }

  function askAll(out: Outbox, drive: Driven): void {
    // One body for all, which the outbox then encodes once.
    const body = bodyOf(drive)
    roster.epoch.witnesses.forEach((witness, position) => {
      if (!drive.votes.has(position) && !drive.refusals.has(position)) out.send(witness, 'certify', body)
    })
    drive.supplied.clear()
    drive.behind.clear()
    out.timer(TIMER + drive.id, drive.delayMs)
    drive.delayMs = Math.min(drive.delayMs * 2, TIMES.retryMsMax)
  }

  /** With so many refusals no quorum is left: only a restart, or the fork's resolution, takes it up again. */
  function refuse(out: Outbox, drive: Driven, position: number, code: EntryFault | 'conflict'): void {
    drive.refusals.set(position, code)
    const { witnesses, quorum } = roster.epoch.sizes
    if (drive.refusals.size <= witnesses - quorum || !driven.has(drive.id)) return
    forget(out, drive)
    parts.gaveUp(out, drive.entry, code)
  }

  function forget(out: Outbox, { id, entry: { body } }: Driven): void {
    if (!driven.delete(id)) return
    out.cancelTimer(TIMER + id)
    const key = placeOf(body)
    const others = places.get(key)?.filter((one) => one.id !== id) ?? []
    if (others.length === 0) places.delete(key)
    else places.set(key, others)
  }

  function finish(out: Outbox, drive: Driven): void {
    const { id, entry, votes } = drive
    const { number, witnesses } = roster.epoch
    const fact = certificateFact({ entry, quorum: quorumOf(number, witnesses.length, votes) })
    pace.note(out.now - drive.sinceMs)
    forget(out, drive)
    // Before whatever follows from it: the owner's next entry, perhaps in the same batch, builds on this one.
    const body = { facts: [fact] }
    for (const witness of witnesses) if (witness !== self) out.send(witness, 'facts', body)
    apply(out, fact, self)
    announce(out, { account: entry.body.account, seq: entry.body.seq, entry: id })
  }

  return {
    drive(out, entry) {
      const id = entryIdOf(entry)
      if (driven.has(id)) return true
      // Other people's entries never keep this peer's own one from being driven.
      if (driven.size >= LIMITS.drivenEntries && entry.body.account !== self) return false
      const drive: Driven = {
        id,
        entry,
        votes: new Map(),
        refusals: new Map(),
        supplied: new Map(),
        behind: new Map(),
        sinceMs: out.now,
        delayMs: pace.waitMs(TIMES.retryMs, TIMES.retryMsMax),
      }
      driven.set(id, drive)
      const key = placeOf(entry.body)
      places.set(key, [...(places.get(key) ?? []), drive])
      askAll(out, drive)
      return true
    },
    onVote(out, { signer, body, sig }) {
      const drive = driven.get(body.entry)
      if (drive === undefined || isStopped()) return 'not_driven'
      if (body.epoch !== roster.epoch.number) return 'wrong_epoch'
      const position = roster.witnessPosition(signer)
      if (position < 0) return 'not_a_witness'
      // A vote signs place and entry; with a false place its signature wouldn't fit the certificate.
      const { account, seq } = drive.entry.body
      if (body.account !== account || body.seq !== seq) return 'wrong_entry'
      drive.votes.set(position, sig)
      if (drive.votes.size < roster.epoch.sizes.quorum) return 'counted'
      finish(out, drive)
      return 'certified'
    },
    onReply(out, { from, body }) {
      const drive = driven.get(body.entry)
      if (drive === undefined) return 'not_driven'
      const position = roster.witnessPosition(from)
      if (position < 0) return 'not_a_witness'
      const { outcome } = body
      if (outcome.type === 'certified') apply(out, certificateFact(outcome.certificate), from)
      else if (outcome.type === 'reject') refuse(out, drive, position, outcome.code)
      else if (outcome.type === 'conflict') {
        conflict(out, drive.entry, outcome.entry)
        refuse(out, drive, position, 'conflict')
      } else if (outcome.type === 'missing') {
        const lacking = outcome.ids.join()
        if (drive.supplied.get(position) === lacking) return 'noted'
        drive.supplied.set(position, lacking)
        const keys = evidenceKeys(drive.entry, outcome.ids).slice(0, EVIDENCE_FACTS)
        if (keys.length > 0) out.load(keys, { type: 'evidence', to: from, entry: body.entry })
      }
      // A witness of an earlier epoch hears how this one began, and is asked again when it has. Where this peer is the
      // one that is behind, and after a stop, everything is asked anew when the epoch begins here.
      else if (outcome.type === 'epoch' && outcome.epoch < roster.epoch.number) {
        if (awaitBegin(out, drive, position) === 'first') serveEpochs(out, outcome.epoch, from)
      }
      return 'noted'
    },
    onEvidence(out, values, { to, entry }) {
      const drive = driven.get(entry)
      if (drive === undefined) return
      const [evidence] = packFacts(
        values.filter((value) => value !== undefined),
        EVIDENCE_FACTS,
      )
      if (evidence !== undefined)
        out.send(to, 'certify', { epoch: roster.epoch.number, entry: drive.entry, evidence })
    },
    onTimer(out, id) {
      if (id.startsWith(BEHIND)) {
        const [name = '', position] = id.slice(BEHIND.length).split('/')
        const drive = driven.get(name)
        if (drive !== undefined) askOne(out, drive, Number(position))
        return true
      }
      if (!id.startsWith(TIMER)) return false
      const drive = driven.get(id.slice(TIMER.length))
      if (drive !== undefined) askAll(out, drive)
      return true
    },
    restart(out) {
      for (const drive of driven.values()) {
        drive.votes.clear()
        drive.refusals.clear()
        // Certificates take no longer for having waited for an epoch.
        drive.sinceMs = out.now
        drive.delayMs = pace.waitMs(TIMES.retryMs, TIMES.retryMsMax)
        askAll(out, drive)
      }
    },
    settled(out, place, entry) {
      for (const drive of places.get(placeOf(place)) ?? []) {
        forget(out, drive)
        if (entry !== undefined && entryIdOf(entry) !== drive.id) conflict(out, drive.entry, entry)
      }
    },
  }
}
