import type { Candidate } from '../crypto/verified.ts'
import type { SignatureCheck } from '../crypto/verifier.ts'
import { bytesToHex } from '@noble/hashes/utils.js'
import { equalBytes } from '../encoding/bytes.ts'
import { RESOLVE } from '../ledger/resolution.ts'
import { DecodeError } from '../encoding/decode-error.ts'
import { decodeEnvelope, decodeKind, type Envelope } from '../encoding/envelope.ts'
import type { EvidenceSink, QuorumEvidence } from '../encoding/evidence.ts'
import { isKind, isTopic, type KindName, KINDS } from '../encoding/kinds.ts'
import { bitmapPositions } from '../encoding/quorum.ts'
import { signingBytes } from '../encoding/signed.ts'
import { ENTRY } from '../ledger/entry.ts'
import { CANCEL } from '../jobs/messages.ts'
import { LIMITS } from '../params.ts'
import { ACCEPT } from '../epoch/value.ts'
import { EPOCH_ORDER } from '../swarm/governance.ts'
import { CONSENT, INVITATION, REVOCATION } from '../swarm/invitation.ts'
import type { Roster } from '../swarm/roster.ts'
import type { DropCode } from './drop-code.ts'
import type { Message, Source } from './message.ts'
import type { IntakeQuota } from './quota.ts'

export type Inspected =
  | { readonly ok: false; readonly code: DropCode }
  | { readonly ok: true; readonly candidate: Candidate<Message> }

export interface Checks {
  readonly roster: Roster
  /** Charged for each frame that would cost signature checks, once per frame and before them. */
  readonly quota: IntakeQuota
}

/** Leaves `inspect` from any depth of decoding; it never leaves this file. */
class Drop extends Error {
  readonly code: DropCode
  constructor(code: DropCode) {
    super(code)
    this.code = code
  }
}

/**
 * First step of intake: size, decoding, membership, quota and shape, synchronously and with no effect but on the
 * quota. Yields the message with every signature in it, nested ones and quorums included, so that the second step
 * can check them all before a rule sees it. Cost is bounded by the kind's size and by `LIMITS.signatureChecks`,
 * and what a sender makes this peer check by its budget for the kind. `chargedTo` is whose budget that is, where
 * nothing has shown yet that `source.from` brought the frame: a claimed name must not cost its bearer anything.
 */
export function inspect(
  frame: Uint8Array,
  source: Source,
  checks: Checks,
  chargedTo: string = source.from,
): Inspected {
  const { quota } = checks
  try {
    return { ok: true, candidate: examine(frame, source, checks, payingFrom(quota, chargedTo)) }
  } catch (error) {
    if (error instanceof DecodeError) quota.waste(chargedTo, frame.length)
    if (error instanceof Drop || error instanceof DecodeError) return { ok: false, code: error.code }
    throw error
  }
}

/**
 * Decodes what came outside the messages of members: a stranger's words on `join`, an invitation. Yields it with every
 * signature in it; what came from whom, and what it may ask for, is the caller's matter.
 */
export function gather<T>(
  roster: Roster,
  decode: (sink: EvidenceSink) => T,
): { readonly ok: false; readonly code: DropCode } | { readonly ok: true; readonly candidate: Candidate<T> } {
  const collector = collectSignatures(roster)
  try {
    return { ok: true, candidate: { value: decode(collector.sink), checks: collector.checks } }
  } catch (error) {
    if (error instanceof Drop || error instanceof DecodeError) return { ok: false, code: error.code }
    throw error
  }
}

/** One payer's budgets. */
interface Purse {
  mayDecode(): boolean
  open(kind: KindName): boolean
  mayForward(kind: KindName, signer: string): boolean
  charge(kind: KindName, signatures: number): boolean
}

function payingFrom(quota: IntakeQuota, payer: string): Purse {
  return {
    mayDecode: () => quota.mayDecode(payer),
    open: (kind) => quota.open(payer, kind),
    mayForward: (kind, signer) => quota.mayForward(payer, signer, kind),
    charge: (kind, signatures) => quota.charge(payer, kind, signatures),
  }
}

function examine(frame: Uint8Array, source: Source, among: Checks, purse: Purse): Candidate<Message> {
  const { roster } = among
  if (frame.length > LIMITS.frameBytes) throw new Drop('too_large')
  if (!among.roster.isContact(source.from)) throw new Drop('not_a_member')
  if (!purse.mayDecode()) throw new Drop('over_quota')
  const envelope = decodeEnvelope(frame)
  const kind = kindOf(envelope, frame.length, source, among)
  if (!purse.open(kind)) throw new Drop('over_quota')
  // Its signer's doing, of which the forwarder couldn't know: it costs the forwarder no more than that signer's share.
  const isForwarded = isTopic(KINDS[kind].via) && envelope.signer !== source.from
  if (isForwarded && !purse.mayForward(kind, envelope.signer)) throw new Drop('over_quota')
  const collector = collectSignatures(roster, SETTLED_KINDS.has(kind))
  const body = decodeKind(kind, envelope.body, collector.sink)
  if (envelope.sig.length > 0) {
    collector.sink.signed({ kind, signer: envelope.signer, body: envelope.body, sig: envelope.sig })
  }
  if (!purse.charge(kind, collector.checks.length)) throw new Drop('over_quota')
  const message = {
    kind,
    from: source.from,
    signer: envelope.signer,
    body,
    bytes: envelope.body,
    sig: envelope.sig,
  } as Message
  return { value: message, checks: collector.checks }
}

/** The envelope's fields, cheapest first. */
function kindOf(envelope: Envelope, frameBytes: number, source: Source, among: Checks): KindName {
  if (!isKind(envelope.kind)) throw new Drop('unknown_kind')
  const { via, signed, bytesMax } = KINDS[envelope.kind]
  if (frameBytes > bytesMax) throw new Drop('too_large')
  if (envelope.swarm !== among.roster.swarm) throw new Drop('foreign_swarm')
  if (via !== source.via) throw new Drop('wrong_channel')
  if (!among.roster.isContact(envelope.signer)) throw new Drop('not_a_member')
  if (signed !== envelope.sig.length > 0) throw new Drop('unexpected_signature')
  if (signed && envelope.sig.length !== 64) throw new Drop('malformed')
  // An unsigned message speaks only for the connection that brought it.
  if (!signed && envelope.signer !== source.from) throw new Drop('wrong_sender')
  return envelope.kind
}

/** What an account's owner says of its own account, operators of the swarm, and a newcomer of itself. */
const OUTSIDERS_KINDS: ReadonlySet<string> = new Set(
  [ENTRY, RESOLVE, CANCEL, INVITATION, CONSENT, REVOCATION, EPOCH_ORDER, ACCEPT].map(({ kind }) => kind),
)

/**
 * What a decided value names by its digest: whoever speaks in it was known to the witnesses that decided it, and a peer
 * that hasn't heard of those yet could never begin the epoch that it belongs to.
 */
const SETTLED_KINDS: ReadonlySet<string> = new Set(['handover'])

function collectSignatures(
  roster: Roster,
  isSettled = false,
): {
  readonly sink: EvidenceSink
  readonly checks: SignatureCheck[]
} {
  const checks: SignatureCheck[] = []
  const seen = new Map<string, SignatureCheck>()
  /** The promises of a new view each hold the same prepared certificate: what is met again isn't checked again. */
  const add = (check: SignatureCheck) => {
    const name = bytesToHex(check.sig)
    const before = seen.get(name)
    if (before !== undefined && before.signer === check.signer && equalBytes(before.message, check.message))
      return
    seen.set(name, check)
    if (checks.length >= LIMITS.signatureChecks) throw new Drop('too_many_signatures')
    checks.push(check)
  }
  const sink: EvidenceSink = {
    signed({ kind, signer, body, sig }) {
      // An account is any key, and so is an operator: neither need be a member; whoever passes its word on must be.
      // Nor is what a member once said unsaid by its revocation: decisions hold bids and seals for ever.
      const isKnown = roster.member(signer) !== undefined || roster.isRevoked(signer)
      if (!isSettled && !OUTSIDERS_KINDS.has(kind) && !isKnown) throw new Drop('not_a_member')
      add({ signer, message: signingBytes(kind, roster.swarm, body), sig })
    },
    quorum(evidence) {
      quorumChecks(evidence, roster).forEach(add)
    },
  }
  return { sink, checks }
}

/** At least q distinct witnesses of the named epoch, one signature for each set bit. */
function quorumChecks(evidence: QuorumEvidence, roster: Roster): readonly SignatureCheck[] {
  const epoch = roster.epochOf(evidence.epoch)
  if (epoch === undefined) throw new Drop('unknown_epoch')
  const positions = bitmapPositions(evidence.signers)
  const whole = evidence.signers.length === Math.ceil(epoch.witnesses.length / 8)
  if (!whole || positions.length !== evidence.sigs.length || positions.length < epoch.sizes.quorum) {
    throw new Drop('no_quorum')
  }
  const message = signingBytes(evidence.kind, roster.swarm, evidence.body)
  return positions.map((position, at) => {
    const signer = epoch.witnesses[position]
    const sig = evidence.sigs[at]
    if (signer === undefined || sig === undefined) throw new Drop('no_quorum')
    return { signer, message, sig }
  })
}
