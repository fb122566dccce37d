import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Signer } from '../../protocol/crypto/signer.ts'
import {
  encodeJoinRequest,
  type JoinAnswer,
  joinEntry,
  readJoinAnswer,
} from '../../protocol/swarm/joining.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'
import { askJoin } from '../network/ask-join.ts'
import { readInvitation } from '../swarm/invited.ts'
import { poll } from '../swarm/poll.ts'
import { untilLevel } from './driven-swarm.ts'
import { type Inviting, invitationOf } from './inviting.ts'
import { Founding, GRANT, isMember } from './founding-swarms.ts'

let founding: Founding
beforeEach(async () => {
  founding = await Founding.open()
})
afterEach(() => founding.close())

describe('an invitation in many hands', () => {
  it('lets one in of a hundred that redeem it at the same moment', async () => {
    const founded = await founding.found(2)
    const { text, token } = invitationOf(founded, { grant: GRANT })
    const keys = Array.from({ length: 100 }, () => new Uint8Array(randomBytes(32)))
    const answers = await Promise.all(keys.map((seed) => redeem(founded, text, seed)))
    const told = answers.map((answer) => (answer.type === 'refused' ? answer.code : answer.type))
    expect(told.filter((word) => word === 'joined')).toHaveLength(1)
    expect(told.filter((word) => word === 'invitation_used')).toHaveLength(99)
    const [look] = await untilLevel(founded.peers, 2)
    const ids = keys.map((seed) => createNativeSigner(seed).id)
    expect(ids.filter((id) => isMember(id)(look))).toHaveLength(1)
    expect(look.accounts[token.id]).toBeUndefined()
    expect(look.supply.minted).toBe(2n * 1_000_000_000n + GRANT)
  })

  it('lets at most one in of those that redeem it through different members', async () => {
    const founded = await founding.found(4)
    const { text } = invitationOf(founded, { grant: GRANT })
    const keys = Array.from({ length: 24 }, () => new Uint8Array(randomBytes(32)))
    const answers = await Promise.all(
      keys.map((seed, at) => {
        const addresses = founded.addresses.slice(at % 4, (at % 4) + 1)
        return redeem({ ...founded, addresses }, text, seed)
      }),
    )
    const told = answers.map((answer) => (answer.type === 'refused' ? answer.code : answer.type))
    const certified = told.filter((word) => word === 'joined').length
    expect(certified).toBeLessThanOrEqual(1)
    const outcomes: readonly string[] = ['joined', 'invitation_used', 'invitation_contested']
    expect(told.filter((word) => !outcomes.includes(word))).toEqual([])
    const [look] = await untilLevel(founded.peers)
    const ids = keys.map((seed) => createNativeSigner(seed).id)
    const members = ids.filter((id) => isMember(id)(look))
    expect(members.length).toBeLessThanOrEqual(1)
    expect(look.supply.minted).toBe(4n * 1_000_000_000n + BigInt(members.length) * GRANT)
  })

  it('lets nobody in by the consent of somebody else', async () => {
    const founded = await founding.found(1)
    const { text } = invitationOf(founded)
    const [owner, thief] = [new Uint8Array(randomBytes(32)), new Uint8Array(randomBytes(32))]
    const answer = await redeem(founded, text, thief, createNativeSigner(owner))
    expect(answer).toEqual({ type: 'refused', code: 'consent_of_another_peer' })
    expect(await redeem(founded, text, owner)).toMatchObject({ type: 'joined' })
  })
})

/** Asks the first member until it knows the outcome, as the peer of `seed`; the join names `named`. */
async function redeem(
  { swarm, addresses: [address = ''] }: Inviting,
  text: string,
  seed: Uint8Array,
  named: Signer = createNativeSigner(seed),
): Promise<JoinAnswer> {
  const { invitation, secret } = readInvitation(text)
  if (secret === null) throw new Error('it is no invitation')
  const token = createNativeSigner(secret)
  const entry = joinEntry(swarm, { token, peer: named, invitation, roles: ['peer'] })
  const request = encodeJoinRequest({ type: 'redeem', entry })
  const answer = await poll(
    async () => {
      const frame = await askJoin({ seed, swarm, address, request, signal: AbortSignal.timeout(10_000) })
      const heard = readJoinAnswer(frame)
      return heard?.type === 'later' ? undefined : heard
    },
    { timeoutMs: 60_000 },
  )
  if (answer === undefined) throw new Error('no member ever knew the outcome')
  return answer
}
