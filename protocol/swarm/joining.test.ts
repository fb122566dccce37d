import { describe, expect, it } from 'vitest'
import type { Signer } from '../crypto/signer.ts'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import { LIMITS } from '../params.ts'
import { type Charter, encodeCharter } from './charter.ts'
import {
  encodeJoinAnswer,
  encodeJoinRequest,
  inspectJoinAnswer,
  inspectJoinRequest,
  type JoinAnswer,
  joinEntry,
  joinOf,
  joins,
  readJoinAnswer,
} from './joining.ts'
import { rosterOf } from './live-roster.ts'
import { testInvitation } from './testing-invitations.ts'

/** What `node/network/limits.ts` allows a request and an answer. */
const FRAME_BYTES_MAX = 65_536

const SIGNERS = [0, 1, 2, 3].map(testSigner)
const [operator] = SIGNERS as [Signer]
const [token, peer] = [testSigner(10), testSigner(11)]
const roster = rosterOf(testCharter(SIGNERS, 4))
const { swarm } = roster
const invitation = testInvitation(swarm, [operator], token)
const entry = joinEntry(swarm, { token, peer, invitation, roles: ['peer'] })

describe('the entry of a join', () => {
  it('is the same however often it is made', () => {
    expect(joinEntry(swarm, { token, peer, invitation, roles: ['peer'] })).toEqual(entry)
    expect(joinOf(entry)).toMatchObject({ invitation, consent: { signer: peer.id } })
    expect([joins(entry, peer.id), joins(entry, token.id)]).toEqual([true, false])
  })

  it('comes with three signatures to be checked: token, operator, consent', () => {
    const inspected = inspectJoinRequest(encodeJoinRequest({ type: 'redeem', entry }), roster)
    if (!inspected.ok) throw new Error(inspected.code)
    expect(inspected.candidate.checks.map(({ signer }) => signer).sort()).toEqual(
      [token.id, operator.id, peer.id].sort(),
    )
  })

  it('fits a frame with every operator, the longest label and the largest grant', () => {
    const many = Array.from({ length: LIMITS.operators }, (_, at) => testSigner(50 + at))
    const largest = testInvitation(swarm, many, token, {
      operator: '\u{10ffff}'.repeat(LIMITS.labelBytes / 2),
      grant: 2n ** 63n - 1n,
      peer: peer.id,
      roles: ['peer', 'agent'],
      epoch: Number.MAX_SAFE_INTEGER,
      decision: swarm,
    })
    const whole = joinEntry(swarm, { token, peer, invitation: largest, roles: ['peer', 'agent'] })
    const frame = encodeJoinRequest({ type: 'redeem', entry: whole })
    expect(frame.length).toBeLessThan(FRAME_BYTES_MAX)
    expect(inspectJoinRequest(frame, roster)).toMatchObject({
      ok: true,
      candidate: { value: { entry: whole } },
    })
  })
})

describe('a frame of join', () => {
  it('is refused wherever a byte of it is changed, or read as something else, and never breaks its reader', () => {
    const frame = encodeJoinRequest({ type: 'redeem', entry })
    for (let at = 0; at < frame.length; at += 1) {
      const changed = frame.map((byte, place) => (place === at ? byte ^ 0x55 : byte))
      const inspected = inspectJoinRequest(changed, roster)
      // What can still be read has another body under the old signatures, or other signatures.
      if (inspected.ok) expect(encodeJoinRequest(inspected.candidate.value)).toEqual(changed)
    }
    for (let end = 0; end < frame.length; end += 1)
      expect(inspectJoinRequest(frame.slice(0, end), roster).ok).toBe(false)
  })

  it('holds the largest charter', () => {
    const ids = Array.from({ length: LIMITS.foundingMembers }, (_, at) => testSigner(at).id)
    const label = '\u{10ffff}'.repeat(LIMITS.labelBytes / 2)
    const charter: Charter = {
      ...roster.charter,
      name: '\u{10ffff}'.repeat(LIMITS.nameBytes / 2),
      operators: { keys: ids.slice(0, LIMITS.operators), needed: LIMITS.operators },
      founders: ids.map((id) => ({ peer: id, roles: ['peer', 'witness'] as const, operator: label })),
      witnesses: ids.toSorted(),
      minters: ids.slice(0, LIMITS.minters),
    }
    const frame = encodeJoinAnswer({ type: 'charter', charter: encodeCharter(charter) })
    expect(frame.length).toBeLessThan(FRAME_BYTES_MAX)
    expect(readJoinAnswer(frame)).toMatchObject({ type: 'charter' })
  })

  it.each<[string, JoinAnswer, boolean]>([
    ['the longest wait', { type: 'later', afterMs: 60_000 }, true],
    ['a longer wait', { type: 'later', afterMs: 60_001 }, false],
    ['a charter at the maximum', { type: 'charter', charter: new Uint8Array(61_440) }, true],
    ['a charter above it', { type: 'charter', charter: new Uint8Array(61_441) }, false],
    ['a refusal', { type: 'refused', code: 'invitation_used' }, true],
    ['a refusal of no known kind', { type: 'refused', code: 'because' as never }, false],
  ])('with %s', (_, answer, isGood) => {
    const frame = encodeJoinAnswer(answer)
    expect(readJoinAnswer(frame) !== undefined).toBe(isGood)
    expect(inspectJoinAnswer(frame, roster).ok).toBe(isGood)
  })
})
