import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { signTogether } from '../../protocol/encoding/multi-signed.ts'
import { groupAddresses, INVITATION_TEXT, OPEN_SWARM } from '../../protocol/swarm/invitation-text.ts'
import { REVOCATION } from '../../protocol/swarm/invitation.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { connect } from '../cli/api.ts'
import { readCharter } from '../config/charter-file.ts'
import { readJoined } from '../config/join-files.ts'
import { enterSwarm } from '../swarm/enter-swarm.ts'
import { poll } from '../swarm/poll.ts'
import type { DrivenProcess } from './driven-process.ts'
import { balance, type Seat, until, untilLevel } from './driven-swarm.ts'
import { connectedAt, emptySeat, type Inviting, invitationOf, signerOf } from './inviting.ts'
import { plainRequest } from '../../protocol/jobs/plain-request.ts'
import { runJob } from './run-job.ts'
import { type Founded, Founding, GRANT, isMember, signal } from './founding-swarms.ts'

let founding: Founding
beforeEach(async () => {
  founding = await Founding.open()
})
afterEach(() => founding.close())

describe('an invited peer', () => {
  it('joins a swarm of one, works and pays in it, and is known again after everybody was restarted', async () => {
    const founded = await founding.found(1)
    const [[seat], [founder]] = [founded.seats, founded.peers] as [[Seat], [DrivenProcess]]
    const [guest, peer] = await founding.joined(founded, 'elm')
    for (const each of [founder, peer]) {
      const look = await until(each, 'both offer', ({ offering }) => offering === 2)
      expect(balance(look, guest.id)).toBe(GRANT)
    }
    const { slots, status } = await runJob(peer, 2)
    expect(status).toBe('completed')
    expect(slots.map((slot) => slot.peer).sort()).toEqual([seat.id, guest.id].sort())
    const [before] = await untilLevel([founder, peer])

    await Promise.all([founder.stop(), peer.stop('SIGKILL')])
    const again = [founding.start(seat), founding.start(guest)]
    await Promise.all(again.map((each) => each.ready))
    for (const each of again) {
      const look = await until(each, 'both are online', ({ online }) => online === 2)
      expect(balance(look, guest.id)).toBe(balance(before, guest.id))
    }
  })

  it('is let in by a member that has not heard of it, and joins once however often it tries', async () => {
    const founded = await founding.found(2)
    const seat = await emptySeat(founding.root, 'elm')
    const { text } = invitationOf(founded, { grant: GRANT })
    const enter = () => enterSwarm({ folder: seat.folder, invitation: text, signal })
    await enter()
    // As after a crash before its last write, and after a lost answer.
    await rm(join(seat.folder.root, 'charter.cbor'))
    await enter()
    await rm(join(seat.folder.root, 'joined.cbor'))
    await enter()
    const [look] = await untilLevel(founded.peers, 2)
    expect(look.supply.minted).toBe(2n * 1_000_000_000n + GRANT)
    expect(isMember(seat.id)(look)).toBe(true)
    expect((await readdir(seat.folder.root)).includes('joining.txt')).toBe(false)
  })
})

describe('a member that has not heard of a join', () => {
  it('learns of it from the newcomer itself, though nobody else is there', async () => {
    const founded = await founding.found(3)
    const [, , away] = founded.seats as [Seat, Seat, Seat]
    const [first, second, asleep] = founded.peers as [DrivenProcess, DrivenProcess, DrivenProcess]
    await asleep.stop()
    const seat = await emptySeat(founding.root, 'elm')
    await enterSwarm({ folder: seat.folder, invitation: invitationOf(founded).text, signal })
    await Promise.all([first.stop(), second.stop()])
    const awake = founding.start(away)
    await awake.ready
    expect(isMember(seat.id)(await awake.look())).toBe(false)
    const newcomer = founding.start(seat)
    await newcomer.ready
    await until(awake, 'it knows the newcomer', isMember(seat.id))
    await until(newcomer, 'both are online', ({ online }) => online === 2)
  })
})

describe('an open swarm', () => {
  it('lets in whoever knows where it is, once for each key', async () => {
    const founded = await founding.found(1, { admission: 'open' })
    const [founder] = founded.peers as [DrivenProcess]
    const { url } = await founder.ready
    const { join_text: text } = await connect(url).getSwarm()
    const seat = await emptySeat(founding.root, 'elm')
    const enter = () => enterSwarm({ folder: seat.folder, invitation: text ?? '', signal })
    await enter()
    await rm(join(seat.folder.root, 'joined.cbor'))
    await enter()
    const peer = founding.start(seat)
    const ready = await peer.ready
    await until(founder, 'both offer', ({ offering }) => offering === 2)
    const { items } = await connect(ready.url).listMembers()
    expect(items.find(({ peer_id: id }) => id === seat.id)).toMatchObject({ invited: false, label: seat.id })
  })

  it('is not what a swarm with invitations is', async () => {
    const founded = await founding.found(1)
    const seat = await emptySeat(founding.root, 'elm')
    const text = OPEN_SWARM.write({ swarm: founded.swarm, dial: groupAddresses(founded.addresses) })
    const refusal = enterSwarm({ folder: seat.folder, invitation: text, signal })
    await expect(refusal).rejects.toMatchObject({ code: 'join_refused', refusal: 'invitation_needed' })
  })
})

describe('an invitation that is no good', () => {
  it('is refused with its reason, and leaves no charter behind', async () => {
    const founded = await founding.found(1)
    const stranger = await emptySeat(founding.root, 'stranger')
    const key = await signerOf(stranger)
    const other = await signerOf(await emptySeat(founding.root, 'other'))
    const good = invitationOf(founded)
    const unreached = { ...founded, addresses: [`/ip4/127.0.0.1/tcp/1/p2p/${founded.operator.id}`] }
    const wrongSwarm = { ...founded, swarm: 'ab'.repeat(32) as Inviting['swarm'] }
    const cases: readonly (readonly [what: string, text: string, code: string, words: string])[] = [
      ['expired', invitationOf(founded, { notAfter: 1 }).text, 'join_refused', 'has expired'],
      ['early', invitationOf(founded, { notBefore: 9e15 }).text, 'join_refused', 'not valid yet'],
      ['signed by others', invitationOf(founded, {}, [key]).text, 'join_refused', 'too few of the operators'],
      ['for another peer', invitationOf(founded, { peer: other.id }).text, 'join_refused', other.id],
      [
        'of a later epoch',
        invitationOf(founded, { epoch: 9 }).text,
        'join_undecided',
        'are behind the swarm',
      ],
      ['of another swarm', invitationOf(wrongSwarm).text, 'join_untrusted', 'belong to another swarm'],
      ['of peers that are away', invitationOf(unreached).text, 'join_unreachable', 'Nobody answers'],
      ['cut', good.text.slice(0, -20), 'join_text', 'a part is missing'],
      ['nothing', '', 'join_text', 'it is no invitation'],
      ['forged', forged(founded, key), 'join_refused', 'a signature in it is wrong'],
    ]
    for (const [what, text, code, words] of cases) {
      const refusal = await enterSwarm({ folder: stranger.folder, invitation: text, signal }).catch(
        (error: unknown) => error,
      )
      expect(refusal, what).toMatchObject({ code })
      expect(String(refusal), what).toContain(words)
      expect(await readCharter(stranger.folder), what).toBeUndefined()
    }
    const [founder] = founded.peers as [DrivenProcess]
    expect(isMember(stranger.id)(await founder.look())).toBe(false)
    await enterSwarm({ folder: stranger.folder, invitation: good.text, signal })
    await until(founder, 'it is a member', isMember(stranger.id))
  })

  it('for another swarm than that of the data folder is refused, and the folder stays as it is', async () => {
    const founded = await founding.found(1)
    const [seat] = founded.seats as [Seat]
    const [founder] = founded.peers as [DrivenProcess]
    const { text } = invitationOf({ ...founded, swarm: 'cd'.repeat(32) as Inviting['swarm'] })
    await founder.stop()
    const refusal = enterSwarm({ folder: seat.folder, invitation: text, signal })
    await expect(refusal).rejects.toMatchObject({ code: 'join_other_swarm' })
    expect(await readJoined(seat.folder)).toBeUndefined()
  })
})

/** Every founder is connected to a peer, or none is. */
async function untilConnected({ peers }: Founded, id: PeerId, isConnected: boolean): Promise<void> {
  const ready = await Promise.all(peers.map((peer) => peer.ready))
  const look = async (): Promise<true | undefined> => {
    const lists = await Promise.all(ready.map(({ url }) => connectedAt(url)))
    return lists.every((list) => list.includes(id) === isConnected) ? true : undefined
  }
  expect(await poll(look, { timeoutMs: 60_000 }), `connected: ${isConnected}`).toBe(true)
}

/** Signed by the operator, and changed afterwards: it gives ten times as much. */
function forged(inviting: Inviting, key: Signer): string {
  const real = invitationOf(inviting, { grant: GRANT })
  const changed = invitationOf(inviting, { grant: 10n * GRANT }, [key])
  const { signatures } = real.invitation
  return INVITATION_TEXT.write({ ...changed, invitation: { ...changed.invitation, signatures } })
}

describe('a revoked member', () => {
  it('is disconnected by everybody, and let in no more', async () => {
    const founded = await founding.found(2)
    const [guest] = await founding.joined(founded, 'elm')
    await untilConnected(founded, guest.id, true)
    for (const each of founded.peers) await until(each, 'it is a member', isMember(guest.id))
    const body = { key: guest.id, epoch: 0 }
    const revocation = signTogether([founded.operator], founded.swarm, REVOCATION, body)
    const [founder] = founded.peers as [DrivenProcess]
    expect(await founder.command({ type: 'revoke', revocation })).toMatchObject({ ok: true })
    for (const each of founded.peers) await until(each, 'it is out', (look) => !isMember(guest.id)(look))
    await untilConnected(founded, guest.id, false)
  })

  it('that witnesses goes on voting until an epoch drops it, and is given no work', async () => {
    const founded = await founding.found(3)
    const [first, second, revoked] = founded.seats as [Seat, Seat, Seat]
    const [payer] = founded.peers as [DrivenProcess]
    await until(payer, 'all offer', ({ offering }) => offering === 3)
    const body = { key: revoked.id, epoch: 0 }
    const revocation = signTogether([founded.operator], founded.swarm, REVOCATION, body)
    const [before] = await untilLevel(founded.peers)
    expect(await payer.command({ type: 'revoke', revocation })).toMatchObject({ ok: true })
    await untilLevel(founded.peers, before.entries + 1)
    const { slots, status } = await runJob(payer, 2)
    expect(status).toBe('completed')
    expect(slots.map((slot) => slot.peer).sort()).toEqual([first.id, second.id].sort())
    const prompt = await payer.putBlob(new TextEncoder().encode('Why?'))
    const third = await payer.command({ type: 'submit-job', request: plainRequest(prompt, 3) })
    expect(third).toMatchObject({ ok: true, type: 'queued' })
  })
})
