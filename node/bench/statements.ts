import { COMMIT_BALLOT, NEWVIEW, PREPARE, PROPOSAL } from '../../protocol/agreement/messages.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import type { Codec } from '../../protocol/encoding/codec.ts'
import { DecodeError } from '../../protocol/encoding/decode-error.ts'
import { decodeEnvelope, decodeKind } from '../../protocol/encoding/envelope.ts'
import { type SignedEvidence, TRUSTED } from '../../protocol/encoding/evidence.ts'
import { isKind } from '../../protocol/encoding/kinds.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { COMMIT, SEAL } from '../../protocol/jobs/messages.ts'
import { ENTRY, VOTE } from '../../protocol/ledger/entry.ts'

type SlotOf = (body: Uint8Array) => string

function slotOf<T>(codec: Codec<T>, name: (value: T) => string): SlotOf {
  return (body) => name(decodeBody(codec, body, 'signed', TRUSTED))
}

const ballot = ({ instance, epoch, round }: { instance: string; epoch: number; round: number }) =>
  `${instance} ${epoch}.${round}`

/** Kinds of which a correct peer signs one body for each slot, across any crash. */
const SLOTS = new Map<string, SlotOf>([
  [ENTRY.kind, slotOf(ENTRY.body, ({ account, seq }) => `${account}/${seq}`)],
  [VOTE.kind, slotOf(VOTE.body, ({ account, seq }) => `${account}/${seq}`)],
  [PROPOSAL.kind, slotOf(PROPOSAL.body, ballot)],
  [PREPARE.kind, slotOf(PREPARE.body, ballot)],
  [COMMIT_BALLOT.kind, slotOf(COMMIT_BALLOT.body, ballot)],
  [NEWVIEW.kind, slotOf(NEWVIEW.body, ballot)],
  [SEAL.kind, slotOf(SEAL.body, ({ job, step }) => `${job}/${step}`)],
  [COMMIT.kind, slotOf(COMMIT.body, ({ job, step }) => `${job}/${step}`)],
])

/**
 * Everything signed that was ever seen on the wire, also within other messages, and who contradicted itself. It
 * checks no signature: it listens where nobody forges any.
 */
export class Statements {
  /** How many different things were signed for one slot each. */
  seen = 0
  readonly #said = new Map<string, string>()
  readonly #contradictions = new Set<string>()

  get contradictions(): readonly string[] {
    return [...this.#contradictions]
  }

  add(frame: Uint8Array): void {
    const signed: SignedEvidence[] = []
    try {
      const { kind, signer, body, sig } = decodeEnvelope(frame)
      if (!isKind(kind)) return
      decodeKind(kind, body, { signed: (evidence) => signed.push(evidence), quorum: () => undefined })
      if (sig.length > 0) signed.push({ kind, signer, body, sig })
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
    }
    for (const { kind, signer, body } of signed) this.#take(kind, signer, body)
  }

  #take(kind: string, signer: PeerId, body: Uint8Array): void {
    const slot = SLOTS.get(kind)?.(body)
    if (slot === undefined) return
    const about = `${kind} by ${signer} for ${slot}`
    const says = Buffer.from(body).toString('base64')
    const before = this.#said.get(about)
    if (before === undefined) this.seen += 1
    else if (before !== says) this.#contradictions.add(about)
    this.#said.set(about, before ?? says)
  }
}
