import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNobleSigner } from '../../protocol/crypto/noble-signer.ts'
import { createNobleVerifier } from '../../protocol/crypto/noble-verifier.ts'
import { decodeRecord, encodeBody } from '../../protocol/encoding/body.ts'
import { list, text } from '../../protocol/encoding/codec.ts'
import { packed } from '../../protocol/encoding/packed.ts'
import { TestEpochs } from '../../protocol/epoch/testing-orders.ts'
import { certificateCodec } from '../../protocol/ledger/certificate.ts'
import { entryIdOf } from '../../protocol/ledger/entry.ts'
import type { Command, CommandResult } from '../../protocol/peer/command.ts'
import { keys } from '../../protocol/records/keys.ts'
import { swarmIdOf } from '../../protocol/swarm/charter.ts'
import { INVITATION_TEXT, tokenOf } from '../../protocol/swarm/invitation-text.ts'
import { encodeJoinAnswer, readJoinAnswer } from '../../protocol/swarm/joining.ts'
import { draftInvitation } from '../../protocol/swarm/inviting.ts'
import { dataFolder } from '../config/data-folder.ts'
import { readJoined, readJoining, writeJoined } from '../config/join-files.ts'
import { createGuests } from './guests.ts'
import { createJoinDesk, type JoinDesk } from './join-desk.ts'
import { joinSwarm } from './join-swarm.ts'

const secret = new Uint8Array(32).fill(77)
const newcomer = createNobleSigner(new Uint8Array(32).fill(78))
/** The member that the newcomer asks. */
const MEMBER = 5

let root: string
let epochs: TestEpochs
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-later-'))
  // Founded by one, who hands over to others and is gone for good.
  epochs = new TestEpochs(1)
  epochs.mint(1)
  epochs.change(epochs.order([0, 1]))
  epochs.change(epochs.order([1, 2, 3, 4], { operators: { keys: [epochs.id(1)], needed: 1 } }))
  epochs.minds.stop(epochs.id(0))
  epochs.minds.pass(60_000)
})
afterEach(() => rm(root, { recursive: true, force: true }))

function deskOf(member = MEMBER): JoinDesk {
  const { minds } = epochs
  const view = epochs.view(member)
  const store = () => minds.storeOf(view.self)
  return createJoinDesk({
    view,
    guests: createGuests(view.roster, () => minds.now),
    verifier: createNobleVerifier(),
    now: () => minds.now,
    epochDecision: async (number) => store().get(keys.epochDecision(number)),
    ledger: {
      entry: async (id) => {
        const bytes = store().get(keys.certificate(tokenOf(secret), 0))
        if (bytes === undefined) return undefined
        const { entry, quorum } = decodeRecord(certificateCodec, bytes, 'certificate')
        if (entryIdOf(entry) !== id) return undefined
        return { id, entry, quorum, bytes, proof: 'certificate', verified: true }
      },
    },
    command: async (command: Command) => {
      const result = minds.command(view.self, command) as CommandResult | undefined
      if (result !== undefined) return result
      minds.pass(10_000)
      return (minds.answers[0] as CommandResult | undefined) ?? { ok: false, code: 'not_ready', detail: '' }
    },
  })
}

/** An address of each desk that the invitation names, in their order. */
function enter(signer: number, ...desks: readonly JoinDesk[]) {
  const asked = desks.length === 0 ? [deskOf()] : desks
  const { roster } = epochs.view(1)
  const invitation = draftInvitation(roster, [epochs.signer(signer)], {
    token: tokenOf(secret),
    roles: ['peer'],
    operator: 'late',
    grant: 0n,
    notBefore: 0,
    notAfter: Number.MAX_SAFE_INTEGER,
    peer: null,
  })
  const addresses = asked.map((_, at) => `/ip4/192.0.2.1/tcp/${at + 1}`)
  const dial = [{ peer: epochs.id(MEMBER), addresses }]
  return joinSwarm({
    folder: dataFolder(root),
    text: INVITATION_TEXT.write({ swarm: roster.swarm, secret, invitation, dial }),
    peer: newcomer,
    signerOf: createNobleSigner,
    secretOf: () => secret,
    verifier: createNobleVerifier(),
    ask: async ({ address, request }) => {
      const desk = asked.find((_, at) => address.includes(`/tcp/${at + 1}`))
      if (desk === undefined) throw new Error(`nobody is at ${address}`)
      return desk(newcomer.id, request)
    },
    signal: new AbortController().signal,
  })
}

describe('a newcomer to a swarm that has outlived its founder', () => {
  it('follows its epochs from the charter on and joins by the present operator’s invitation', async () => {
    expect(epochs.view(MEMBER).roster.epoch.number).toBe(2)
    const charter = await enter(1)
    expect(swarmIdOf(charter)).toBe(epochs.view(1).swarm)
    const joined = await readJoined(dataFolder(root))
    expect(joined?.certificate.quorum.epoch).toBe(2)
    expect(epochs.view(2).roster.member(newcomer.id)).toMatchObject({ operator: 'late' })
  })

  it('notes whom it was led to and by which epochs, and reads what earlier versions noted', async () => {
    await enter(1)
    const folder = dataFolder(root)
    const joined = await readJoined(folder)
    const { epochOf, epoch } = epochs.view(1).roster
    expect(joined?.guide.epochs).toEqual([1, 2].map((number) => epochOf(number)?.decision))
    expect(new Set(joined?.guide.peers)).toEqual(new Set([epochs.id(MEMBER), ...epoch.witnesses]))
    if (joined === undefined) throw new Error('it joined')
    const { guide, ...before } = joined
    const earlier = packed({
      certificate: certificateCodec,
      addresses: list(text({ max: 1_024 }), { max: 64 }),
    })
    await writeFile(folder.joined, encodeBody(earlier, before))
    expect(await readJoined(folder)).toEqual({
      ...before,
      guide: { peers: [epochs.id(MEMBER)], epochs: [] },
    })
    await writeJoined(folder, { ...before, guide })
    expect(await readJoined(folder)).toEqual(joined)
  })

  it('is refused with an invitation of an operator who is none any more', async () => {
    await expect(enter(0)).rejects.toMatchObject({ code: 'join_refused', refusal: 'invitation_not_signed' })
  })

  it('believes no epoch that its witnesses did not decide', async () => {
    const desk = deskOf()
    const forging: JoinDesk = async (from, request) => {
      const answer = await desk(from, request)
      const read = readJoinAnswer(answer)
      if (read?.type !== 'epochs') return answer
      const decisions = read.decisions.map((decision) => {
        const { quorum } = decision
        return {
          ...decision,
          quorum: { ...quorum, sigs: quorum.sigs.map((sig) => sig.map((byte) => byte ^ 1)) },
        }
      })
      return encodeJoinAnswer({ type: 'epochs', decisions })
    }
    await expect(enter(1, forging)).rejects.toMatchObject({ code: 'join_untrusted' })
    expect(await readJoined(dataFolder(root))).toBeUndefined()
  })

  it('keeps its invitation where all that it asks are behind, and says so', async () => {
    const { minds } = epochs
    minds.isCut = (from, to) => [from, to].includes(epochs.id(MEMBER))
    epochs.change(epochs.order([1, 2, 3, 4], {}, [epochs.signer(1)], 1), 1)
    expect(epochs.view(MEMBER).roster.epoch.number).toBe(2)
    await expect(enter(1)).rejects.toMatchObject({
      code: 'join_undecided',
      message: expect.stringContaining('up to 2, and this invitation is of epoch 3') as string,
    })
    expect(await readJoining(dataFolder(root))).toBeDefined()
    // Whoever of the others is up to date lets it in.
    await enter(1, deskOf(MEMBER), deskOf(6))
    expect(epochs.view(2).roster.member(newcomer.id)).toMatchObject({ operator: 'late' })
  })

  it('is let in by one member where another refuses', async () => {
    const refusing: JoinDesk = async (from, request) => {
      const read = readJoinAnswer(await deskOf()(from, request))
      if (read?.type === 'epochs' || read?.type === 'charter') return encodeJoinAnswer(read)
      return encodeJoinAnswer({ type: 'refused', code: 'invitation_used' })
    }
    await enter(1, refusing, deskOf())
    expect(epochs.view(2).roster.member(newcomer.id)).toMatchObject({ operator: 'late' })
  })
})
