import type { SignatureCheck } from '../../protocol/crypto/verifier.ts'
import type { PeerId } from '../../protocol/ids.ts'

const SIGNATURE_BYTES = 64
const HEAD_BYTES = 8
const ASCII = /^[!-~]*$/

/**
 * Checks as one buffer, which moves to a thread without being copied: for each the lengths of signer and message,
 * the signature, the signer, the message. Throws `RangeError` for a signer that is no ASCII text or a signature that
 * has not 64 bytes: packed, it could pass for another one.
 */
export function packChecks(checks: readonly SignatureCheck[]): Uint8Array<ArrayBuffer> {
  const size = checks.reduce(
    (sum, { signer, message }) => sum + HEAD_BYTES + SIGNATURE_BYTES + signer.length + message.length,
    0,
  )
  const packed = new Uint8Array(size)
  const view = new DataView(packed.buffer)
  let at = 0
  for (const { signer, message, sig } of checks) {
    if (!ASCII.test(signer) || sig.length !== SIGNATURE_BYTES) throw new RangeError('no such check is valid')
    view.setUint32(at, signer.length)
    view.setUint32(at + 4, message.length)
    at += HEAD_BYTES
    packed.set(sig, at)
    at += SIGNATURE_BYTES
    for (let index = 0; index < signer.length; index += 1) packed[at + index] = signer.charCodeAt(index)
    at += signer.length
    packed.set(message, at)
    at += message.length
  }
  return packed
}

/** What `packChecks` packed; the parts share its memory. */
export function unpackChecks(packed: Uint8Array): readonly SignatureCheck[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length)
  const checks: SignatureCheck[] = []
  for (let at = 0; at < packed.length; ) {
    const signerEnd = at + HEAD_BYTES + SIGNATURE_BYTES + view.getUint32(at)
    const end = signerEnd + view.getUint32(at + 4)
    const sig = packed.subarray(at + HEAD_BYTES, at + HEAD_BYTES + SIGNATURE_BYTES)
    // A signer that is no id has no key, so a foreign text here is one more wrong signature.
    const signer = String.fromCharCode(
      ...packed.subarray(at + HEAD_BYTES + SIGNATURE_BYTES, signerEnd),
    ) as PeerId
    checks.push({ signer, message: packed.subarray(signerEnd, end), sig })
    at = end
  }
  return checks
}
