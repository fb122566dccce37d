import { describe, expect, it } from 'vitest'
import { createNobleSigner } from '../crypto/noble-signer.ts'
import { TEXT_CHARACTERS_MAX } from '../encoding/text-form.ts'
import { LIMITS } from '../params.ts'
import {
  dialAddresses,
  groupAddresses,
  INVITATION_PEERS_MAX,
  INVITATION_TEXT,
  type InvitationText,
  PARTIAL_INVITATION,
  PARTIAL_REVOCATION,
  tokenOf,
} from './invitation-text.ts'
import { REVOCATION } from './invitation.ts'
import { signTogether } from '../encoding/multi-signed.ts'
import { testInvitation } from './testing-invitations.ts'
import { fourWitnesses } from './testing-swarm.ts'

const { signers, roster, ids } = fourWitnesses()
const { swarm } = roster
const secret = new Uint8Array(32).fill(9)
const token = createNobleSigner(secret)
const [first = token.id, second = token.id] = ids
const dial = [
  { peer: first, addresses: ['/ip4/192.0.2.1/tcp/9000', '/dns4/loom.example/tcp/9001/ws'] },
  { peer: second, addresses: ['/ip6/2001:db8::1/tcp/9000'] },
]
const full: InvitationText = {
  swarm,
  secret,
  invitation: testInvitation(swarm, signers.slice(0, 2), token, {
    grant: 5_000_000n,
    notAfter: 1_790_000_000_000,
  }),
  dial,
}
const text = INVITATION_TEXT.write(full)

describe('an invitation as a text', () => {
  it('comes back as it was, whatever its case and however it was wrapped', () => {
    expect(text.startsWith('hl1')).toBe(true)
    expect(tokenOf(secret)).toBe(token.id)
    for (const given of [text, text.toUpperCase(), ` ${text.replace(/.{60}/g, '$&\r\n  ')}\n`]) {
      expect(INVITATION_TEXT.read(given)).toEqual({ ok: true, value: full })
    }
  })

  it('is short enough to scan: one signature and one address take less than 500 characters', () => {
    const invitation = testInvitation(swarm, signers.slice(0, 1), token, { notAfter: 1_790_000_000_000 })
    const [only = { peer: first, addresses: [] }] = dial
    const small = INVITATION_TEXT.write({ swarm, secret, invitation, dial: [only] })
    expect(small.length).toBeLessThan(500)
  })

  it('with every list and text at its maximum is still one', () => {
    const many = Array.from({ length: LIMITS.operators }, (_, at) =>
      createNobleSigner(new Uint8Array(32).fill(at + 50)),
    )
    const invitation = testInvitation(swarm, many, token, {
      operator: 'ö'.repeat(LIMITS.labelBytes),
      roles: ['peer', 'agent'],
      grant: 2n ** 63n - 1n,
      peer: first,
      epoch: Number.MAX_SAFE_INTEGER,
      decision: swarm,
    })
    const addresses = Array.from(
      { length: 4 },
      (_, at) => `/dns4/${'x'.repeat(LIMITS.addressBytes - 12)}/tcp/${at}`,
    )
    const peers = many.slice(0, INVITATION_PEERS_MAX).map(({ id: peer }) => ({ peer, addresses }))
    const value = { swarm, secret, invitation, dial: peers }
    const largest = INVITATION_TEXT.write(value)
    expect(largest.length).toBeLessThan(TEXT_CHARACTERS_MAX / 2)
    expect(INVITATION_TEXT.read(largest)).toEqual({ ok: true, value })
  })

  it.each([
    ['nothing', '', 'another_kind'],
    ['another kind of text', PARTIAL_INVITATION.prefix, 'another_kind'],
    ['a peer id', first, 'another_kind'],
    ['its beginning alone', 'hl1', 'mistyped'],
    ['mixed case', `hl1${text.slice(3).toUpperCase()}`, 'mistyped'],
    ['a character of no alphabet', `${text.slice(0, 90)}b${text.slice(91)}`, 'mistyped'],
    ['another character', `${text.slice(0, 90)}${text[90] === 'q' ? 'p' : 'q'}${text.slice(91)}`, 'mistyped'],
    ['two exchanged', text.slice(0, 40) + text.slice(45) + text.slice(40, 45), 'mistyped'],
    ['too much', `${text}${'q'.repeat(TEXT_CHARACTERS_MAX)}`, 'unreadable'],
  ])('%s is refused', (_, given, code) => {
    expect(INVITATION_TEXT.read(given)).toEqual({ ok: false, code })
  })

  it('cut anywhere is refused', () => {
    for (let end = 0; end < text.length; end += 1) {
      expect(INVITATION_TEXT.read(text.slice(0, end)).ok, String(end)).toBe(false)
      expect(INVITATION_TEXT.read(text.slice(end + 1)).ok, String(end)).toBe(false)
    }
  })

  it('of another kind is not taken for one, though its checksum is right', () => {
    const salt = new Uint8Array(16)
    const partial = { swarm, inviter: first, salt, invitation: full.invitation, dial }
    const written = PARTIAL_INVITATION.write(partial)
    expect(PARTIAL_INVITATION.read(written)).toEqual({ ok: true, value: partial })
    expect(INVITATION_TEXT.read(written)).toEqual({ ok: false, code: 'another_kind' })
    expect(INVITATION_TEXT.read(written.replace('hlp1', 'hl1'))).toEqual({ ok: false, code: 'mistyped' })
  })
})

it('a revocation on its way comes back as it was', () => {
  const revocation = signTogether(signers.slice(0, 1), swarm, REVOCATION, { key: second, epoch: 0 })
  const written = PARTIAL_REVOCATION.write({ swarm, revocation })
  expect(PARTIAL_REVOCATION.read(written)).toEqual({ ok: true, value: { swarm, revocation } })
})

describe('dial addresses', () => {
  it('are grouped by peer and put together again', () => {
    expect(groupAddresses(dialAddresses(dial))).toEqual(dial)
  })

  it('leave out what names no peer, and what is beyond the limits', () => {
    const more = Array.from({ length: 9 }, (_, at) => `/ip4/192.0.2.${at}/tcp/1/p2p/${first}`)
    expect(groupAddresses(['/ip4/192.0.2.1/tcp/1', 'nonsense', '/p2p/x', `/p2p/${first}`])).toEqual([])
    expect(groupAddresses(more).map(({ addresses }) => addresses.length)).toEqual([4])
  })
})
