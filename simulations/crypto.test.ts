import { describe, expect, it } from 'vitest'
import { isPeerId } from '../protocol/ids.ts'
import { createCrypto } from './crypto.ts'
import { createRandom } from './random.ts'

describe.each(['keyed-hash', 'ed25519'] as const)('%s', (name) => {
  const crypto = createCrypto(name)
  const signer = crypto.signer(createRandom('a'))
  const other = crypto.signer(createRandom('b'))
  const message = new TextEncoder().encode('vote')
  const sig = signer.sign(message)

  it('accepts what was signed, by a proper peer id, again and again', () => {
    expect(isPeerId(signer.id)).toBe(true)
    expect(sig).toHaveLength(64)
    expect(crypto.verify({ signer: signer.id, message, sig })).toBe(true)
    expect(crypto.verify({ signer: signer.id, message, sig })).toBe(true)
  })

  it('refuses another signer, message or signature', () => {
    expect(crypto.verify({ signer: other.id, message, sig })).toBe(false)
    expect(crypto.verify({ signer: signer.id, message: Uint8Array.of(1), sig })).toBe(false)
    expect(crypto.verify({ signer: signer.id, message, sig: sig.toReversed() })).toBe(false)
    expect(crypto.verify({ signer: signer.id, message, sig: sig.slice(1) })).toBe(false)
  })
})
