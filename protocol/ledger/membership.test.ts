import { describe, expect, it } from 'vitest'
import type { Signer } from '../crypto/signer.ts'
import { sign } from '../encoding/signed.ts'
import { TIMES } from '../params.ts'
import { TestMinds } from '../peer/testing-minds.ts'
import { CONSENT, type Invitation } from '../swarm/invitation.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import { testEntry, testInvitation, testJoin, testRevocation } from '../swarm/testing-invitations.ts'
import type { SignedEntry } from './entry.ts'
import { testCharter, testSigner } from './testing-mind.ts'

const SIGNERS = [0, 1, 2, 3, 4].map(testSigner)
const [first, second, , , member] = SIGNERS as [Signer, Signer, Signer, Signer, Signer]
const [token, newcomer, other] = [testSigner(10), testSigner(11), testSigner(12)]
const charter = { ...testCharter(SIGNERS, 4), operators: { keys: [first.id, second.id], needed: 2 } }
const roster = rosterOf(charter)
const { swarm } = roster
const BOTH = [first, second]
const GRANT = 5_000_000n

const invited = (change: Partial<Invitation> = {}, operators: readonly Signer[] = BOTH) =>
  testInvitation(swarm, operators, token, { grant: GRANT, ...change })
const joining = (change: Partial<Invitation> = {}, operators?: readonly Signer[]) =>
  testJoin(swarm, invited(change, operators), token, newcomer)

/** A member relays an entry to every witness; one of them sees it through. */
function relay(minds: TestMinds, entry: SignedEntry): readonly unknown[] {
  const answers = roster.epoch.witnesses.map((witness) => {
    minds.heard(member.id, 'certify-reply')
    minds.say(member.id, witness, 'certify', { epoch: 0, entry, evidence: [] })
    const [reply] = minds.heard(member.id, 'certify-reply').filter(({ from }) => from === witness)
    return reply?.body.outcome
  })
  minds.pass(2 * TIMES.nudgeMs)
  return answers
}

function expectSame(minds: TestMinds): void {
  expect(new Set(minds.minds.map(({ view }) => view.ledgerRoot())).size).toBe(1)
  for (const { view } of minds.minds) {
    const { minted, free, unclaimed, escrowed, burnt } = view.supply()
    expect(free + unclaimed + escrowed + burnt).toBe(minted)
  }
}

const reject = (code: string) => ({ type: 'reject', code })
const memberAt = (minds: TestMinds, peer: Signer) =>
  minds.minds.map(({ view }) => view.roster.member(peer.id))

describe('a join', () => {
  it('makes a member with role, label and grant, everywhere', () => {
    const minds = new TestMinds(roster, SIGNERS)
    relay(minds, joining())
    expectSame(minds)
    for (const { view } of minds.minds) {
      expect(view.roster.member(newcomer.id)).toMatchObject({ roles: ['peer'], operator: 'lab' })
      expect(view.account(newcomer.id)?.claimable).toBe(GRANT)
      expect(view.supply().minted).toBe(GRANT)
    }
  })

  it('is made once for each token', () => {
    const minds = new TestMinds(roster, SIGNERS)
    relay(minds, joining())
    relay(minds, testJoin(swarm, invited(), token, other))
    expect(memberAt(minds, other)).toEqual(SIGNERS.map(() => undefined))
    for (const { view } of minds.minds) expect(view.supply().minted).toBe(GRANT)
  })

  it('needs one operator without a grant and all that the charter asks for with one', () => {
    const minds = new TestMinds(roster, SIGNERS)
    expect(relay(minds, joining({}, [first]))).toContainEqual(reject('invitation_not_signed'))
    relay(minds, joining({ grant: 0n }, [second]))
    expect(memberAt(minds, newcomer)).not.toContain(undefined)
  })

  const stolen = testJoin(swarm, testInvitation(swarm, BOTH, other), token, newcomer)
  const mislabelled = (signer: Signer) => {
    const consent = sign(newcomer, swarm, CONSENT, { token: other.id, roles: ['peer'] })
    return testEntry(swarm, signer, [{ type: 'join', invitation: invited(), consent }])
  }
  it.each<[string, SignedEntry]>([
    ['invitation_not_signed', joining({}, [member, testSigner(13)])],
    ['invitation_not_signed', joining({ epoch: 1 })],
    ['invitation_not_signed', joining({ decision: 'a'.repeat(64) as never })],
    ['invitation_of_another_token', stolen],
    ['consent_for_another_token', mislabelled(token)],
    ['invitation_for_another_peer', joining({ peer: other.id })],
    ['roles_not_invited', joining({ roles: ['agent'] })],
    ['invitation_not_yet', joining({ notBefore: 1_000_000 })],
    ['invitation_expired', joining({ notAfter: 500 })],
  ])('is refused as %s', (code, entry) => {
    const minds = new TestMinds(roster, SIGNERS)
    expect(relay(minds, entry)).toEqual(roster.epoch.witnesses.map(() => reject(code)))
    expect(memberAt(minds, newcomer)).toEqual(SIGNERS.map(() => undefined))
  })

  it('is refused beside anything else, and without an invitation where the charter asks for one', () => {
    const minds = new TestMinds(roster, SIGNERS)
    const [join] = joining().body.ops
    const consent = sign(newcomer, swarm, CONSENT, { token: token.id, roles: ['peer'] })
    if (join === undefined) throw new Error('a join has one operation')
    const twice = testEntry(swarm, token, [join, join])
    expect(relay(minds, twice)).toContainEqual(reject('join_not_alone'))
    const uninvited = testEntry(swarm, token, [{ type: 'join', invitation: null, consent }])
    expect(relay(minds, uninvited)).toContainEqual(reject('invitation_needed'))
  })
})

describe('a revocation', () => {
  it('ends a membership in the eyes of all others, and an invitation that nobody has used', () => {
    const minds = new TestMinds(roster, SIGNERS)
    relay(
      minds,
      testEntry(swarm, other, [testRevocation(swarm, BOTH, member), testRevocation(swarm, BOTH, token)]),
    )
    minds.pass(2 * TIMES.syncMs)
    // The revoked one may never hear of it: nobody talks to it any more.
    const others = minds.minds.filter(({ view }) => view.self !== member.id)
    for (const { view } of others) expect(view.roster.member(member.id)).toBeUndefined()
    minds.say(first.id, second.id, 'certify', { epoch: 0, entry: joining(), evidence: [] })
    expect(minds.heard(first.id, 'certify-reply').map(({ body }) => body.outcome)).toEqual([
      reject('invitation_revoked'),
    ])
  })

  it('of a witness waits for the epoch that drops it', () => {
    const minds = new TestMinds(roster, SIGNERS)
    relay(minds, testEntry(swarm, other, [testRevocation(swarm, BOTH, second)]))
    expect(memberAt(minds, second)).not.toContain(undefined)
    for (const { view } of minds.minds) expect(view.roster.isRevoked(second.id)).toBe(true)
  })

  it('is refused without the operators that the charter asks for', () => {
    const minds = new TestMinds(roster, SIGNERS)
    const alone = testEntry(swarm, other, [testRevocation(swarm, [first], member)])
    expect(relay(minds, alone)).toContainEqual(reject('revocation_not_signed'))
  })
})
