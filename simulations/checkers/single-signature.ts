import { COMMIT_BALLOT, NEWVIEW, PREPARE, PROPOSAL } from '../../protocol/agreement/messages.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import type { Codec } from '../../protocol/encoding/codec.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { signingBytes } from '../../protocol/encoding/signed.ts'
import { COMMIT, REVEAL, SEAL } from '../../protocol/jobs/messages.ts'
import { ENTRY, VOTE } from '../../protocol/ledger/entry.ts'
import { LATENCY } from '../../protocol/trust/latency.ts'
import type { CreateChecker } from './checker.ts'

/** What a signer may say one thing about, and what it said. */
interface Statement {
  readonly slot: string
  readonly said: string
}

type Read = (body: Uint8Array) => Statement

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** Kinds of which a correct signer signs one body for each slot, by default the whole body. */
function onePer<T>(codec: Codec<T>, slotOf: (value: T) => string, saidOf?: (value: T) => string): Read {
  return (body) => {
    const value = decodeBody(codec, body, 'signed', TRUSTED)
    return { slot: slotOf(value), said: saidOf === undefined ? hex(body) : saidOf(value) }
  }
}

const STATEMENTS = new Map<string, Read>([
  [ENTRY.kind, onePer(ENTRY.body, ({ account, seq }) => `${account}/${seq}`)],
  // Whether another epoch's vote may be for another entry depends on what was handed over.
  [VOTE.kind, onePer(VOTE.body, ({ account, seq, epoch }) => `${account}/${seq} ${epoch}`)],
  [PROPOSAL.kind, onePer(PROPOSAL.body, ({ instance, epoch, round }) => `${instance} ${epoch}.${round}`)],
  [PREPARE.kind, onePer(PREPARE.body, ({ instance, epoch, round }) => `${instance} ${epoch}.${round}`)],
  [
    COMMIT_BALLOT.kind,
    onePer(COMMIT_BALLOT.body, ({ instance, epoch, round }) => `${instance} ${epoch}.${round}`),
  ],
  [NEWVIEW.kind, onePer(NEWVIEW.body, ({ instance, epoch, round }) => `${instance} ${epoch}.${round}`)],
  [LATENCY.kind, onePer(LATENCY.body, ({ number }) => `trust/${number}`)],
  [SEAL.kind, onePer(SEAL.body, ({ job, step }) => `${job}/${step}`)],
  // One for an attempt, whichever slot of it: a standby may fill any.
  [COMMIT.kind, onePer(COMMIT.body, ({ job, step }) => `${job}/${step}`)],
  [
    REVEAL.kind,
    onePer(
      REVEAL.body,
      ({ job, step, slot }) => `${job}/${step}/${slot}`,
      // The seals it rests on may grow; what it opens may not change.
      ({ salt, answer }) => `${hex(salt)} ${answer.digest}`,
    ),
  ],
])

/** No correct signer signs two bodies for one slot of anything (12.9), on any frame or disk, across crashes. */
export const createSingleSignatureChecker: CreateChecker = (facts, report) => {
  const said = new Map<string, string>()
  // A valid signature has one body and one signer; the same one travels in many frames.
  const judged = new Set<string>()
  return {
    evidence(_peer, { signed }) {
      for (const { kind, signer, body, sig } of signed) {
        const read = STATEMENTS.get(kind)
        const name = Buffer.from(sig).toString('latin1')
        if (read === undefined || judged.has(name) || !facts.correct.has(signer)) continue
        if (facts.isForged(sig)) continue
        // A forgery is nobody's second signature.
        if (!facts.verify({ signer, message: signingBytes(kind, facts.swarm, body), sig })) continue
        judged.add(name)
        const statement = read(body)
        const about = `${kind} by ${signer} for ${statement.slot}`
        const before = said.get(about)
        if (before !== undefined && before !== statement.said) report(`two signed bodies: ${about}`)
        said.set(about, statement.said)
      }
    },
  }
}
