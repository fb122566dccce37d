import { quorumOf } from '../encoding/quorum.ts'
import type { AccountId, EntryId, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { LIMITS, TIMES } from '../params.ts'
import type { LoadPurpose } from '../peer/effect.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Roster } from '../swarm/roster.ts'
import { entryIdOf, type SignedEntry } from './entry.ts'
import { certificateFact, type Fact, packFacts } from './fact.ts'
import type { EntryFault } from './messages.ts'

/** Facts sent along with one request: applying more would keep the witness's other work waiting. */
const EVIDENCE_FACTS = 8

const TIMER = 'ledger/drive/'

export interface DriverParts {
  readonly self: PeerId
  readonly roster: Roster
  /** The way of every fact; it comes back as `certified` once it is applied. */
  readonly apply: (out: Outbox, fact: Fact, from: PeerId) => unknown
  readonly announce: (out: Outbox, entry: { account: AccountId; seq: number; entry: EntryId }) => void
  /** Store keys of facts that show `ids` to a witness, for an entry whose claims or `prev` name them. */
  readonly evidenceKeys: (entry: SignedEntry, ids: readonly string[]) => readonly string[]
}

interface Driven {
  readonly id: EntryId
  readonly entry: SignedEntry
  /** Signatures by the witness's position in the epoch. */
  readonly votes: Map<number, Uint8Array>
  readonly rejections: Map<number, EntryFault>
  /**
   * What each witness lacked when it was sent evidence since the last repetition. One that lacks the very same
   * again waits for the next: else two peers, and a network that doubles frames, keep each other busy for ever.
   */
  readonly supplied: Map<number, string>
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
  /** The entry needs no driving any more: its place has a certificate. */
  forget(out: Outbox, id: EntryId): void
}

export function createDriver({ self, roster, apply, announce, evidenceKeys }: DriverParts): Driver {
  const driven = new Map<string, Driven>()

  function ask(out: Outbox, to: PeerId, { entry }: Driven, evidence: readonly Fact[]): void {
    out.send(to, 'certify', { epoch: roster.epoch.number, entry, evidence })
  }

  function askAll(out: Outbox, drive: Driven): void {
    roster.epoch.witnesses.forEach((witness, position) => {
      if (!drive.votes.has(position) && !drive.rejections.has(position)) ask(out, witness, drive, [])
    })
    drive.supplied.clear()
    out.timer(TIMER + drive.id, drive.delayMs)
    drive.delayMs = Math.min(drive.delayMs * 2, TIMES.retryMsMax)
  }

  function forget(out: Outbox, id: EntryId): void {
    if (driven.delete(id)) out.cancelTimer(TIMER + id)
  }

  function finish(out: Outbox, { id, entry, votes }: Driven): void {
    const { number, witnesses } = roster.epoch
    const fact = certificateFact({ entry, quorum: quorumOf(number, witnesses.length, votes) })
    forget(out, id)
    apply(out, fact, self)
    for (const witness of witnesses) if (witness !== self) out.send(witness, 'facts', { facts: [fact] })
    announce(out, { account: entry.body.account, seq: entry.body.seq, entry: id })
  }

  return {
    drive(out, entry) {
      const id = entryIdOf(entry)
      if (driven.has(id)) return true
      if (driven.size >= LIMITS.drivenEntries) return false
      const drive: Driven = {
        id,
        entry,
        votes: new Map(),
        rejections: new Map(),
        supplied: new Map(),
        delayMs: TIMES.retryMs,
      }
      driven.set(id, drive)
      askAll(out, drive)
      return true
    },
    onVote(out, { signer, body, sig }) {
      const drive = driven.get(body.entry)
      if (drive === undefined) return 'not_driven'
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
      else if (outcome.type === 'reject') drive.rejections.set(position, outcome.code)
      else if (outcome.type === 'missing') {
        const lacking = outcome.ids.join()
        if (drive.supplied.get(position) === lacking) return 'noted'
        drive.supplied.set(position, lacking)
        const keys = evidenceKeys(drive.entry, outcome.ids).slice(0, EVIDENCE_FACTS)
        if (keys.length > 0) out.load(keys, { type: 'evidence', to: from, entry: body.entry })
      }
      // A conflict, another epoch and a stop are met by the next repetition, until they are handled as such.
      return 'noted'
    },
    onEvidence(out, values, { to, entry }) {
      const drive = driven.get(entry)
      if (drive === undefined) return
      const [evidence] = packFacts(
        values.filter((value) => value !== undefined),
        EVIDENCE_FACTS,
      )
      if (evidence !== undefined) ask(out, to, drive, evidence)
    },
    onTimer(out, id) {
      if (!id.startsWith(TIMER)) return false
      const drive = driven.get(id.slice(TIMER.length))
      if (drive !== undefined) askAll(out, drive)
      return true
    },
    forget,
  }
}
