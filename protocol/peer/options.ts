import type { Candidate, Verified } from '../crypto/verified.ts'
import type { SignatureCheck } from '../crypto/verifier.ts'
import type { Signer } from '../crypto/signer.ts'
import type { AccountId, Digest } from '../ids.ts'
import type { Message, Source } from '../intake/message.ts'
import type { DropCode } from '../intake/drop-code.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Charter } from '../swarm/charter.ts'
import type { Guide } from '../swarm/guide.ts'
import type { Effect } from './effect.ts'
import type { Event } from './event.ts'
import type { PeerView } from './view.ts'

export interface PeerOptions {
  readonly signer: Signer
  /** The swarm's genesis; who belongs to it now, the peer knows from its facts. */
  readonly charter: Charter
  /** Account that this peer's runs are paid to; its own by default. */
  readonly payout?: AccountId
  /** Comparator code and tables that this program brings (`rulesOf`); jobs under other rules aren't judged. */
  readonly rules: Digest
  /**
   * The host found that synced records are missing from this peer's store, votes perhaps among them: the peer
   * never signs as a witness again, in this process and after every restart (4.10).
   */
  readonly amnesia?: boolean
  /**
   * The host agrees that this peer witnesses whenever an order names it. Nobody is made a witness without it: by
   * default the peer accepts only epochs for which `accept-epoch` was commanded.
   */
  readonly acceptsWitness?: boolean
  /** What an invited peer learned on its way in. */
  readonly guide?: Guide
  /** How signatures are checked that a command brings: strict Ed25519 by default, otherwise only with stand-in keys. */
  readonly verify?: (check: SignatureCheck) => boolean
}

export type Inspection =
  | { readonly ok: false; readonly code: DropCode }
  | { readonly ok: true; readonly candidate: Candidate<Message> }

/**
 * A peer's mind. The host's duties: `restore` every hot record, then handle `start`; for each frame
 * `inspect`, have the candidate's signatures verified, mint `Verified`, then `handle`; carry effects out in
 * order as `effect.ts` says. `handle` never awaits and never throws for anything that a peer sent; a throw is
 * a broken invariant and must stop the process.
 */
export interface Peer {
  readonly view: PeerView
  restore(record: StoredRecord): void
  /** `chargedTo`: whose budget the frame's work draws on, where that isn't `source.from`'s; not a peer's id then. */
  inspect(frame: Uint8Array, source: Source, chargedTo?: string): Inspection
  handle(event: Event, now: number): readonly Effect[]
}

export type VerifiedMessage = Verified<Message>
