import { hash } from 'node:crypto'
import { decisionCodec } from '../../protocol/agreement/messages.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import type { Codec } from '../../protocol/encoding/codec.ts'
import { decodeEnvelope, decodeKind } from '../../protocol/encoding/envelope.ts'
import type { EvidenceSink, QuorumEvidence, SignedEvidence } from '../../protocol/encoding/evidence.ts'
import { isKind, type KindName } from '../../protocol/encoding/kinds.ts'
import { certificateCodec } from '../../protocol/ledger/certificate.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'

/** All signatures in one frame or record, however deep they stand in it. */
export interface Evidence {
  /** The frame's kind and its decoded body; undefined for a record. */
  readonly message: { readonly kind: KindName; readonly body: unknown } | undefined
  readonly signed: readonly SignedEvidence[]
  readonly quorums: readonly QuorumEvidence[]
}

/** Reads each distinct frame and record once; undefined for one that was read before or holds no signature. */
export interface EvidenceReader {
  frame(frame: Uint8Array): Evidence | undefined
  record(key: string, value: Uint8Array): Evidence | undefined
}

export function createEvidenceReader(): EvidenceReader {
  const seen = new Set<string>()
  const isNew = (bytes: Uint8Array) => {
    const before = seen.size
    return seen.add(hash('sha256', bytes, 'base64')).size > before
  }
  return {
    frame: (frame) => (isNew(frame) ? readFrame(frame) : undefined),
    record(key, value) {
      if (key.startsWith(PREFIXES.certificate) && isNew(value)) return readRecord(certificateCodec, value)
      const decisions = [PREFIXES.decision, PREFIXES.resolution, PREFIXES.trust]
      const isDecision = decisions.some((prefix) => key.startsWith(prefix))
      if (isDecision && isNew(value)) return readRecord(decisionCodec, value)
      return undefined
    },
  }
}

function readFrame(frame: Uint8Array): Evidence {
  const { kind, signer, body, sig } = decodeEnvelope(frame)
  const { sink, signed, quorums } = collector()
  if (!isKind(kind)) throw new Error(`a peer sent the unknown kind ${kind}`)
  const decoded = decodeKind(kind, body, sink)
  if (sig.length > 0) signed.push({ kind, signer, body, sig })
  return { message: { kind, body: decoded }, signed, quorums }
}

function readRecord<T>(codec: Codec<T>, value: Uint8Array): Evidence {
  const { sink, signed, quorums } = collector()
  decodeBody(codec, value, 'record', sink)
  return { message: undefined, signed, quorums }
}

function collector() {
  const signed: SignedEvidence[] = []
  const quorums: QuorumEvidence[] = []
  const sink: EvidenceSink = {
    signed: (evidence) => signed.push(evidence),
    quorum: (evidence) => quorums.push(evidence),
  }
  return { sink, signed, quorums }
}
