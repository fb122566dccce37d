import { describe, expect, it } from 'vitest'
import { testSigner } from '../ledger/testing-mind.ts'
import { INVITATION } from '../swarm/invitation.ts'
import { testInvitation } from '../swarm/testing-invitations.ts'
import { blobRefOf } from '../ids.ts'
import { decodeBody, encodeBody } from './body.ts'
import { type SignedEvidence, TRUSTED } from './evidence.ts'
import { cosign, isSignedBy, multiSignedCodec } from './multi-signed.ts'

const swarm = blobRefOf(new Uint8Array(1)).digest
const [a, b, token] = [testSigner(1), testSigner(2), testSigner(3)]
const codec = multiSignedCodec(INVITATION)
const both = testInvitation(swarm, [a, b], token)

describe('a body that several signed', () => {
  it('comes back with every signature to be checked', () => {
    const seen: SignedEvidence[] = []
    const read = decodeBody(codec, encodeBody(codec, both), 'x', {
      ...TRUSTED,
      signed: (one) => seen.push(one),
    })
    expect(read).toEqual(both)
    expect(new Set(seen.map(({ signer }) => signer))).toEqual(new Set([a.id, b.id]))
    expect(seen.every(({ kind }) => kind === 'invitation')).toBe(true)
  })

  it('is the same whoever signed first', () => {
    const [one] = testInvitation(swarm, [a], token).signatures
    const [other] = testInvitation(swarm, [b], token).signatures
    if (one === undefined || other === undefined) throw new Error('nobody signed')
    const none = { ...both, signatures: [] }
    expect(cosign(cosign(none, [one]), [other])).toEqual(cosign(cosign(none, [other, one]), [one]))
    expect(cosign(none, [one, other])).toEqual(both)
  })

  it('counts each of the keys that are asked for once', () => {
    expect(isSignedBy(both, { keys: [a.id, b.id], needed: 2 })).toBe(true)
    expect(isSignedBy(both, { keys: [a.id, token.id], needed: 2 })).toBe(false)
  })

  it('is refused with signatures in another order or twice', () => {
    for (const signatures of [
      both.signatures.toReversed(),
      [...both.signatures, ...both.signatures.slice(1)],
    ]) {
      const encoded = encodeBody(codec, { ...both, signatures })
      expect(() => decodeBody(codec, encoded, 'x', TRUSTED)).toThrow('out_of_range')
    }
  })
})
