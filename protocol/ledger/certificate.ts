import { encodeBody } from '../encoding/body.ts'
import { type Codec, type Infer, struct } from '../encoding/codec.ts'
import { type Quorum, quorumCodec } from '../encoding/quorum.ts'
import { entryIdOf, type SignedEntry, signedEntry, VOTE, voteCodec } from './entry.ts'

/** A certified entry: q witnesses of one epoch voted for it (4.1). */
export interface Certificate {
  readonly entry: SignedEntry
  readonly quorum: Quorum
}

const shape = struct({ entry: signedEntry, quorum: quorumCodec })

/** The body that each vote of a certificate signed. */
function voteBytes(entry: SignedEntry, epoch: number): Uint8Array {
  const { account, seq } = entry.body
  return encodeBody(voteCodec, { epoch, account, seq, entry: entryIdOf(entry) })
}

// A certificate travels and is stored as the same bytes; whoever has them at hand spares the next one an encoding.
const encodings = new WeakMap<Certificate, Uint8Array>()

/** Tells the canonical bytes that a certificate was decoded from. */
export function rememberEncoding(certificate: Certificate, encoded: Uint8Array): void {
  encodings.set(certificate, encoded)
}

export function encodingOf(certificate: Certificate): Uint8Array {
  const known = encodings.get(certificate)
  if (known !== undefined) return known
  const encoded = encodeBody(certificateCodec, certificate)
  encodings.set(certificate, encoded)
  return encoded
}

export const certificateCodec: Codec<Certificate> = {
  toWire: (value) => shape.toWire(value),
  fromWire(raw, path, sink) {
    const certificate: Infer<typeof shape> = shape.fromWire(raw, path, sink)
    const { epoch, signers, sigs } = certificate.quorum
    sink.quorum({ kind: VOTE.kind, epoch, signers, sigs, body: voteBytes(certificate.entry, epoch) })
    return certificate
  },
}
