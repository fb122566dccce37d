import { NO_CHANGE } from '../protocol/epoch/change-view.ts'
import type { Verified } from '../protocol/crypto/verified.ts'
import { decodeEnvelope, decodeKind, plainFrame } from '../protocol/encoding/envelope.ts'
import { TRUSTED } from '../protocol/encoding/evidence.ts'
import { rosterOf } from '../protocol/swarm/live-roster.ts'
import type { Roster } from '../protocol/swarm/roster.ts'
import { blobRefOf, type PeerId } from '../protocol/ids.ts'
import type { Message } from '../protocol/intake/message.ts'
import type { Effect } from '../protocol/peer/effect.ts'
import type { Event } from '../protocol/peer/event.ts'
import type { Peer, PeerOptions } from '../protocol/peer/options.ts'
import type { PeerView } from '../protocol/peer/view.ts'
import { foundingSnapshot } from '../protocol/trust/snapshot.ts'

/**
 * A mind of a few lines for tests of the world around it. A transfer is written down and then told to all
 * that are connected; what is heard is written down, too. It remembers how many records it has.
 */
export function createStandInMind({ signer, charter }: PeerOptions): Peer {
  const roster = rosterOf(charter)
  const connected = new Set<PeerId>()
  let records = 0
  let position = 0

  const remember = (name: string, value: Uint8Array): Effect => {
    records += 1
    position += 1
    return { type: 'persist', position, writes: [{ key: `own/${name}`, value }] }
  }

  const tell = (memo: string): readonly Effect[] => {
    const root = blobRefOf(new TextEncoder().encode(memo)).digest
    const frame = plainFrame(roster.swarm, signer.id, 'sync-root', { root, epoch: 0 })
    return [...connected].map((to) => ({ type: 'send', to, channel: 'sync', frame, after: position }))
  }

  const onMessage = (message: Verified<Message>): readonly Effect[] =>
    message.kind === 'sync-root' ? [remember(`${message.from}/${message.body.root}`, message.bytes)] : []

  const handle = (event: Event): readonly Effect[] => {
    switch (event.type) {
      case 'connected':
        connected.add(event.peer)
        return []
      case 'disconnected':
        connected.delete(event.peer)
        return []
      case 'message':
        return onMessage(event.message)
      case 'command': {
        if (event.command.type !== 'transfer') throw new Error('a stand-in only knows transfers')
        const { memo } = event.command
        const written = remember(`said/${memo}`, event.entropy)
        const result = { ok: false, code: 'queue_full', detail: memo } as const
        return [written, ...tell(memo), { type: 'respond', command: event.id, result, after: position }]
      }
      default:
        return []
    }
  }

  return {
    view: viewOf(signer.id, roster, () => records),
    restore: () => {
      records += 1
    },
    inspect(frame, { from }) {
      const { kind, body, signer: speaker, sig } = decodeEnvelope(frame)
      if (kind !== 'sync-root') return { ok: false, code: 'unknown_kind' }
      const value = {
        kind,
        from,
        signer: speaker,
        body: decodeKind(kind, body, TRUSTED),
        bytes: body,
        sig,
      } as const
      return { ok: true, candidate: { value, checks: [] } }
    },
    handle,
  }
}

function viewOf(self: PeerId, roster: Roster, records: () => number): PeerView {
  return {
    self,
    swarm: roster.swarm,
    roster,
    duty: () => 'active',
    change: () => NO_CHANGE,
    orders: () => [],
    ledgerRoot: () => blobRefOf(Uint8Array.of(0)).digest,
    supply: () => ({ minted: 0n, free: 0n, unclaimed: 0n, escrowed: 0n, burnt: 0n }),
    trust: () => ({ ...foundingSnapshot(roster.charter), root: undefined, waiting: 0 }),
    account: () => undefined,
    accounts: () => [],
    nodes: () => [],
    openJobs: () => [],
    job: () => undefined,
    closedLately: () => undefined,
    isWaiting: () => false,
    waiting: () => undefined,
    allWaiting: () => [],
    submission: () => undefined,
    dryRun: () => ({ ok: false, code: 'not_ready', detail: '' }),
    counters: () => ({
      accepted: 0,
      dropped: {},
      jobs: { completed: 0, unresolved: 0, void: 0 },
      entries: records(),
    }),
    mayRead: () => true,
    isNews: () => true,
  }
}
