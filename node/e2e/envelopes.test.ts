import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signedFrame } from '../../protocol/encoding/envelope.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import type { SwarmId } from '../../protocol/ids.ts'
import { HEARTBEAT, type Heartbeat } from '../../protocol/jobs/messages.ts'
import { escrowOf } from '../../protocol/jobs/spec.ts'
import { ENTRY, genesisOf, type Operation } from '../../protocol/ledger/entry.ts'
import { ANNOUNCE } from '../../protocol/ledger/messages.ts'
import { testSpec } from '../../protocol/ledger/testing-mind.ts'
import { swarmIdOf } from '../../protocol/swarm/charter.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'
import { startLonePeer, type LonePeer } from './lone-peer.ts'

let peer: LonePeer
let swarm: SwarmId
beforeAll(async () => {
  peer = await startLonePeer()
  swarm = swarmIdOf(peer.charter)
})
afterAll(() => peer.stop())

const stranger = createNativeSigner(new Uint8Array(32).fill(7))
const foreign = 'ab'.repeat(32) as SwarmId
let beats = 0

function beatOf(): Heartbeat {
  beats += 1
  const { rules } = peer.charter
  return {
    boot: 1,
    seq: beats,
    sentMs: 1,
    nodes: [],
    addresses: [],
    root: foreign,
    version: 'http',
    rules,
    lost: false,
  }
}

function heartbeat(signer: Signer = peer.member, inSwarm: SwarmId = swarm): Uint8Array {
  return signedFrame(inSwarm, 'heartbeat', sign(signer, inSwarm, HEARTBEAT, beatOf()))
}

function opening(): Operation {
  const spec = testSpec(peer.charter, peer.member.id)
  return { type: 'open', spec, escrow: escrowOf(spec) }
}

function entryFrame(seq: number, ops: readonly Operation[] = []): Uint8Array {
  const { member } = peer
  const body = { account: member.id, seq, prev: genesisOf(swarm, member.id), claims: [], ops, free: 0n }
  return signedFrame(swarm, 'entry', sign(member, swarm, ENTRY, body))
}

function text(frame: Uint8Array): { body: { envelope: string } } {
  return { body: { envelope: Buffer.from(frame).toString('base64') } }
}

const gossip = (frame: Uint8Array) => peer.client.injectGossip(text(frame))
const beat = (frame: Uint8Array, id = peer.member.id) =>
  peer.client.heartbeatPeer({ params: { id }, ...text(frame) })

describe('a member that reaches this peer over HTTP', () => {
  it('registers with a heartbeat, goes on with others, and is seen', async () => {
    const first = await peer.client.registerPeer(text(heartbeat()))
    expect(first).toMatchObject({ verdict: 'ACCEPT', code: null, peer_id: peer.member.id })
    expect(first.heartbeat_interval_ms).toBe(5_000)
    expect(first.ledger_root).toBe((await peer.client.getLedgerRoot()).root)
    expect(first.addresses.length).toBeGreaterThan(0)
    expect(await beat(heartbeat())).toEqual({ verdict: 'ACCEPT', code: null })
    const { items } = await peer.client.listNodes()
    expect(items.find(({ node_id: id }) => id === peer.member.id)).toMatchObject({
      status: 'online',
      version: 'http',
      ledger_root: foreign,
    })
  })

  it('may hand in its envelope bare', async () => {
    const post = (body: Uint8Array, path: string) =>
      fetch(new URL(path, peer.daemon.url), {
        method: 'POST',
        headers: { 'content-type': 'application/cbor' },
        body: new Uint8Array(body),
      })
    const answer = await post(heartbeat(), '/api/v1/p2p/gossip')
    expect(await answer.json()).toEqual({ verdict: 'ACCEPT', code: null })
    expect((await post(heartbeat(), '/api/v1/jobs')).status).toBe(415)
    expect((await post(new Uint8Array(0), '/api/v1/p2p/gossip')).status).toBe(400)
    expect((await post(new Uint8Array(200_000), '/api/v1/p2p/gossip')).status).toBe(413)
  })

  it('is answered for every topic as gossip is', async () => {
    expect(await gossip(entryFrame(0, [opening()]))).toMatchObject({ verdict: 'ACCEPT' })
    const entries = [{ account: peer.member.id, seq: 0, entry: foreign }]
    const announced = sign(peer.member, swarm, ANNOUNCE, { entries, jobs: [], trust: null })
    expect(await gossip(signedFrame(swarm, 'announce', announced))).toMatchObject({ verdict: 'ACCEPT' })
  })
})

describe('an envelope that is not what it seems', () => {
  it('comes again: it is ignored', async () => {
    const frame = heartbeat()
    expect(await gossip(frame)).toEqual({ verdict: 'ACCEPT', code: null })
    expect(await gossip(frame)).toEqual({ verdict: 'IGNORE', code: 'duplicate' })
    expect(await beat(frame)).toEqual({ verdict: 'IGNORE', code: 'duplicate' })
  })

  it('is older than what is known of its signer, or opens no job: it is ignored, and so goes no further', async () => {
    const older = heartbeat()
    expect(await gossip(heartbeat())).toEqual({ verdict: 'ACCEPT', code: null })
    expect(await gossip(older)).toEqual({ verdict: 'IGNORE', code: 'duplicate' })
    expect(await gossip(entryFrame(3))).toEqual({ verdict: 'IGNORE', code: 'duplicate' })
  })

  it('names another signer than the address: it is refused', async () => {
    await expect(beat(heartbeat(), stranger.id)).rejects.toMatchObject({ code: 'signer_mismatch' })
    await expect(beat(heartbeat(), '12D3KooWnobody' as never)).rejects.toMatchObject({
      code: 'peer_not_found',
    })
  })

  it.each([
    ['a changed signature', () => changed(heartbeat(), -1), 'REJECT', 'bad_signature'],
    ["a stranger's", () => heartbeat(stranger), 'IGNORE', 'not_a_member'],
    ['of another swarm', () => heartbeat(peer.member, foreign), 'REJECT', 'foreign_swarm'],
    ['signed for another swarm', () => relabelled(), 'REJECT', 'bad_signature'],
    ['no CBOR', () => new Uint8Array(64).fill(0xff), 'REJECT', 'malformed'],
    ['cut short', () => heartbeat().slice(0, -1), 'REJECT', 'malformed'],
    ['with a byte too many', () => Uint8Array.of(...heartbeat(), 0), 'REJECT', 'malformed'],
    ['of an unknown kind', () => named('gossip'), 'REJECT', 'unknown_kind'],
    ['of a kind of streams', () => named('vote'), 'REJECT', 'wrong_channel'],
  ] as const)('%s', async (_what, frame, verdict, code) => {
    expect(await gossip(frame())).toEqual({ verdict, code })
  })

  it('is an entry where a heartbeat belongs', async () => {
    const entry = entryFrame(1)
    expect(await beat(entry)).toEqual({ verdict: 'REJECT', code: 'wrong_channel' })
    expect(await peer.client.registerPeer(text(entry))).toMatchObject({ verdict: 'REJECT' })
  })

  it('changes nothing', async () => {
    const before = await peer.client.getLedgerRoot()
    await gossip(changed(heartbeat(), -1))
    expect((await peer.client.getLedgerRoot()).root).toBe(before.root)
  })
})

/** One bit of a frame's byte is another; counted from the end of the signature, which is an envelope's last but `swarm`. */
function changed(frame: Uint8Array, at: number): Uint8Array {
  const position = signatureStart(frame) + 64 + at
  return frame.map((byte, index) => (index === position ? byte ^ 1 : byte))
}

function signatureStart(frame: Uint8Array): number {
  // The field's name, then the head of a byte string of 64.
  const mark = Buffer.from([0x63, ...Buffer.from('sig'), 0x58, 64])
  return Buffer.from(frame).indexOf(mark) + mark.length
}

/** A heartbeat signed for another swarm in an envelope that says this one. */
function relabelled(): Uint8Array {
  return signedFrame(swarm, 'heartbeat', sign(peer.member, foreign, HEARTBEAT, beatOf()))
}

/** A heartbeat under another kind's name. */
function named(kind: string): Uint8Array {
  return signedFrame(swarm, kind as 'heartbeat', sign(peer.member, swarm, HEARTBEAT, beatOf()))
}
