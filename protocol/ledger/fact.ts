import { type Decision, decisionCodec } from '../agreement/messages.ts'
import { decodeBody, decodeRecord, encodeBody } from '../encoding/body.ts'
import { bytes, type Codec, oneOf, struct } from '../encoding/codec.ts'
import { LIMITS } from '../params.ts'
import { type Certificate, certificateCodec, encodingOf, rememberEncoding } from './certificate.ts'

/**
 * Something certified or decided: true wherever it is shown, whoever shows it. `bytes` is its canonical body
 * where that is at hand, so that a stored fact travels on without being decoded and encoded again.
 */
export type Fact =
  | { readonly type: 'certificate'; readonly certificate: Certificate; readonly bytes?: Uint8Array }
  | { readonly type: 'decision'; readonly decision: Decision; readonly bytes?: Uint8Array }

const wire = struct({ type: oneOf('certificate', 'decision'), body: bytes({ max: LIMITS.frameBytes }) })

function bodyOf(fact: Fact): Uint8Array {
  if (fact.bytes !== undefined) return fact.bytes
  return fact.type === 'certificate' ? encodingOf(fact.certificate) : encodeBody(decisionCodec, fact.decision)
}

export const factCodec: Codec<Fact> = {
  toWire: (fact) => wire.toWire({ type: fact.type, body: bodyOf(fact) }),
  fromWire(raw, path, sink) {
    const { type, body } = wire.fromWire(raw, path, sink)
    if (type === 'certificate') {
      const certificate = decodeBody(certificateCodec, body, path, sink)
      rememberEncoding(certificate, body)
      return { type, certificate, bytes: body }
    }
    return { type, decision: decodeBody(decisionCodec, body, path, sink), bytes: body }
  },
}

export function certificateFact(certificate: Certificate): Fact {
  return { type: 'certificate', certificate, bytes: encodingOf(certificate) }
}

// The first byte of a canonical map with fewer than 24 fields is 0xa0 plus their number; a certificate has
// two (entry, quorum) and a decision four.
const CERTIFICATE_HEAD = 0xa2

/**
 * A fact out of this peer's own store, from a `certificate/` or `decision/` record. It is decoded only when
 * somebody looks into it, which serving it to others never does: a decision with 64 bids takes milliseconds.
 */
export function storedFact(value: Uint8Array): Fact {
  if (value[0] === CERTIFICATE_HEAD) {
    return {
      type: 'certificate',
      bytes: value,
      get certificate() {
        return decodeRecord(certificateCodec, value, 'certificate')
      },
    }
  }
  return {
    type: 'decision',
    bytes: value,
    get decision() {
      return decodeRecord(decisionCodec, value, 'decision')
    },
  }
}

/** Facts in groups for one message each: at most `countMax`, and well below the frame limit together. */
export function packFacts(values: readonly Uint8Array[], countMax: number): readonly (readonly Fact[])[] {
  const groups: Fact[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const value of values) {
    // Half of the frame is left for a certify request's own entry and the envelope.
    if (size + value.length > LIMITS.frameBytes / 2 || (groups.at(-1)?.length ?? countMax) >= countMax) {
      groups.push([])
      size = 0
    }
    groups.at(-1)?.push(storedFact(value))
    size += value.length
  }
  return groups
}
