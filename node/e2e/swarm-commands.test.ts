import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EpochResource, OrderAnswer } from '../../protocol/api/epoch-schema.ts'
import type {
  InvitationAnswer,
  RevocationAnswer,
  SwarmMember,
  SwarmStatus,
} from '../../protocol/api/swarm-schema.ts'
import { INVITATION_TEXT } from '../../protocol/swarm/invitation-text.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { poll } from '../swarm/poll.ts'
import { codeOf, untilSaid } from './command.ts'
import { Machine } from './machine.ts'

let root: string
let machines: Machine[]
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-swarm-'))
  machines = []
})
afterEach(async () => {
  await Promise.all(machines.map((machine) => machine.kill()))
  await rm(root, { recursive: true, force: true })
})

function machineOf(name: string): Machine {
  const machine = new Machine(root, name)
  machines.push(machine)
  return machine
}

describe('founding a swarm', () => {
  it('warns before it lets everybody in, and founds nothing then', async () => {
    const machine = machineOf('open')
    const refused = await machine.run('swarm', 'init', '--name', 'x', '--admission', 'open')
    expect(refused).toMatchObject({ code: 2, out: '' })
    expect(refused.err).toContain('Nobody vouches for')
    expect(await machine.files()).toEqual([])
    const founded = await machine.run('swarm', 'init', '--name', 'x', '--admission', 'open', '--yes')
    expect(founded.code, founded.err).toBe(0)
  })

  it.each<[string, readonly string[], RegExp]>([
    ['without a name', [], /--name/],
    ['with a name of two lines', ['--name', 'x\ny'], /control character/],
    ['with a label that a terminal obeys', ['--name', 'x', '--label', '\u001b[2J'], /control character/],
    ['with a name of nothing', ['--name', ''], /1 to 64 bytes/],
    ['with more signatures than operators', ['--name', 'x', '--needed', '2'], /more operators must sign/],
    ['with none', ['--name', 'x', '--needed', '0'], /at least one/],
    ['with an operator that is no key', ['--name', 'x', '--operator', 'nobody'], /id of a peer/],
    ['with a price of no amount', ['--name', 'x', '--max-price', 'much'], /amount of credits/],
  ])('%s is refused with a sentence', async (_, args, words) => {
    const machine = machineOf('bad')
    const { code, err } = await machine.run('swarm', 'init', ...args)
    expect(code).toBe(2)
    expect(err).toMatch(words)
    expect(await machine.files()).not.toContain('charter.cbor')
  })

  it('is done once in a data folder', async () => {
    const machine = machineOf('twice')
    const { swarm_id: swarm } = await machine.json<{ swarm_id: string }>('swarm', 'init', '--name', 'x')
    const again = await machine.run('swarm', 'init', '--name', 'y')
    expect(again.code).toBe(2)
    expect(again.err).toContain(swarm)
  })
})

describe('a text that is no invitation', () => {
  it.each(['up --join nonsense', 'swarm join hl1qqqq', 'swarm join hlp1qqqq'])(
    '%s leaves nothing behind',
    async (line) => {
      const machine = machineOf('bad')
      const { code, err } = await machine.run(...line.split(' '))
      expect(code).toBe(2)
      expect(err).toContain("This invitation can't be used")
      expect(await machine.files()).not.toContain('identity.key')
    },
  )
})

describe('an operator’s key beside the peer’s own', () => {
  it('signs with it, and an invited peer is restored into its swarm from a backup', async () => {
    const [machine, guest] = [machineOf('keys'), machineOf('guest')]
    const { id } = await machine.json<{ id: string }>('keys', 'new', '--label', 'operator')
    const founded = await machine.run('swarm', 'init', '--name', 'both', '--operator', id, '--needed', '2')
    expect(founded.code, founded.err).toBe(0)
    expect(founded.err).toContain('the only witness can order any change alone')
    await machine.up()
    const invitation = await machine.json<InvitationAnswer>('swarm', 'invite', '--grant', '5')
    expect(invitation).toMatchObject({ kind: 'invitation', signatures: 2, needed: 2 })
    const door = join(root, 'invitation')
    await writeFile(door, `${invitation.text}\n`)
    await guest.json('swarm', 'join', `@${door}`)
    const file = join(root, 'backup')
    await guest.json('backup', file, '--plain-keys')
    const copy = machineOf('copy')
    await copy.json('restore', file)
    await copy.up()
    const look = async (): Promise<true | undefined> => {
      const { out } = await copy.run('wallet')
      return out.includes('5 credits') ? true : undefined
    }
    expect(await poll(look, { timeoutMs: 60_000 })).toBe(true)
  })
})

describe('two operators of whom both must sign', () => {
  it('invite with a grant and revoke by passing a text on, and neither can alone', async () => {
    const [first, other, third] = ['first', 'other', 'third'].map((name) => machineOf(name)) as [
      Machine,
      Machine,
      Machine,
    ]
    const { id } = await loadOrCreateIdentity(other.data)
    await first.json('swarm', 'init', '--name', 'both', '--operator', id, '--needed', '2')
    await first.up()
    // Without credits one signature is enough.
    const door = await first.json<InvitationAnswer>('swarm', 'invite', '--label', 'barn')
    expect(door).toMatchObject({ kind: 'invitation', needed: 1 })
    const lost = await first.json<InvitationAnswer>('swarm', 'invite', '--label', 'barn')
    const founder = (await first.json<{ self: { peer_id: string } }>('status')).self.peer_id
    expect(await first.run('swarm', 'revoke', founder)).toMatchObject({ code: 2 })
    const half = await first.run('swarm', 'revoke', lost.text)
    expect(half).toMatchObject({ code: 1 })
    expect(half.out).toContain('1 of 2 operators have signed: until enough have, nothing ends')
    expect(half.err).not.toContain('nobody can use that')
    expect(await first.later('swarm', 'revoke', lost.text)).toMatchObject({ key: lost.token, signatures: 1 })
    await other.up('--join', door.text)

    const begun = await first.later<InvitationAnswer>('swarm', 'invite', '--label', 'shed', '--grant', '5')
    expect(begun).toMatchObject({ kind: 'partial', signatures: 1, needed: 2 })
    const seen = await other.run('swarm', 'cosign', begun.text)
    expect(seen).toMatchObject({ code: 2, out: '' })
    expect(seen.err).toMatch(/label "shed", with 5 credits[^]*Nothing was signed/)
    const signed = await other.later<InvitationAnswer>('swarm', 'cosign', begun.text, '--yes')
    expect(signed).toMatchObject({ kind: 'partial', signatures: 2 })
    const whole = await first.json<InvitationAnswer>('swarm', 'cosign', signed.text)
    expect(INVITATION_TEXT.read(whole.text).ok).toBe(true)
    await third.up('--join', whole.text)
    const { out } = await third.run('wallet')
    expect(out).toContain('5 credits')

    const { members } = await third.json<{ members: SwarmMember[] }>('swarm', 'members')
    const shed = members.find(({ self }) => self)
    expect(shed).toMatchObject({ label: 'shed', invited: true, witness: false })
    const key = shed?.peer_id ?? ''
    const refused = await third.run('swarm', 'revoke', key, '--yes')
    expect(refused).toMatchObject({ code: 2 })
    expect(refused.err).toContain('not_an_operator')
    const wish = await other.later<RevocationAnswer>('swarm', 'revoke', key)
    expect(wish).toMatchObject({ kind: 'partial', signatures: 1, needed: 2 })
    const unseen = await first.run('swarm', 'cosign', wish.text ?? '')
    expect(unseen).toMatchObject({ code: 2, out: '' })
    expect(unseen.err).toContain('ends the membership of shed')
    const done = await first.json<RevocationAnswer>('swarm', 'cosign', wish.text ?? '', '--yes')
    expect(done).toMatchObject({ kind: 'revocation', signatures: 2 })
    const again = await first.json<RevocationAnswer>('swarm', 'cosign', wish.text ?? '', '--yes')
    expect(again).toMatchObject({ kind: 'unchanged' })
    const isGone = async (machine: Machine): Promise<true | undefined> => {
      const list = await machine.json<{ members: SwarmMember[] }>('swarm', 'members')
      return list.members.some(({ peer_id: peer }) => peer === key) ? undefined : true
    }
    for (const machine of [first, other])
      expect(await poll(() => isGone(machine), { timeoutMs: 60_000 })).toBe(true)
    // Nobody tells it, and yet it sees that it is out.
    const standing = async (): Promise<string | undefined> => {
      const { self } = await third.json<SwarmStatus>('swarm', 'status')
      return self.standing === 'member' ? undefined : self.standing
    }
    expect(await poll(standing, { timeoutMs: 60_000 })).toMatch(/^(refused|revoked)$/)
    expect((await third.run('swarm', 'status')).out).toContain('revoked')
    const { out: log } = await third.run('logs')
    expect(log).toMatch(/may have been revoked|have revoked this peer/)
  })
})

describe('changing who witnesses', () => {
  it('asks, goes on when the command is ended, waits for who is named, and takes a second signature as a text', async () => {
    const [first, other] = ['first', 'other'].map((name) => machineOf(name)) as [Machine, Machine]
    await first.up()
    const door = await first.json<InvitationAnswer>('swarm', 'invite', '--label', 'elm')
    await other.up('--join', door.text)
    const refused = await first.run('swarm', 'promote', 'elm')
    expect(refused).toMatchObject({ code: 2, out: '' })
    expect(refused.err).toContain('both are needed')
    expect(refused.err).toContain('Repeat with --yes')
    expect((await other.run('swarm', 'accept')).code).toBe(2)

    const waiting = first.begin('swarm', 'promote', 'elm', '--yes')
    await untilSaid(waiting, /On each of them run: hyperlooms swarm accept/)
    waiting.kill('SIGINT')
    expect(await codeOf(waiting)).toBe(1)
    const { orders } = await first.json<EpochResource>('swarm', 'epoch')
    expect(orders).toMatchObject([{ number: 1, missing: [{ label: 'elm' }] }])
    const agreed = await other.json<{ status: string }>('swarm', 'accept')
    expect(agreed).toMatchObject({ status: 'decided', epoch: { number: 1, count: 2 } })
    const again = await first.run('swarm', 'promote', 'elm')
    expect(again.code, again.err).toBe(0)
    expect(again.out).toContain('Nothing to do')

    const begun = await other.run('swarm', 'epoch', 'order', '--fee', '1', '--json')
    expect(begun.code, begun.err).toBe(1)
    expect(begun.err).toContain('0 of 1 operators have signed')
    const { text }: OrderAnswer = JSON.parse(begun.out)
    const shown = await first.run('swarm', 'cosign', text ?? '')
    expect(shown).toMatchObject({ code: 2, out: '' })
    expect(shown.err).toContain('Fee of a job: 1 (before: 0).')
    expect((await first.run('swarm', 'cosign', (text ?? '').slice(0, -9), '--yes')).code).toBe(2)
    const decided = await first.json<{ status: string }>('swarm', 'cosign', text ?? '', '--yes')
    expect(decided).toMatchObject({ status: 'decided', epoch: { number: 2, governance: { fee: '1' } } })
  })
})
