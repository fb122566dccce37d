import { setTimeout as pause } from 'node:timers/promises'
import type { OrderRequest } from '../../protocol/api/epoch-schema.ts'
import { decodeRecord } from '../../protocol/encoding/body.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { certificateCodec } from '../../protocol/ledger/certificate.ts'
import { keys } from '../../protocol/records/keys.ts'
import type { PeerClient } from '../cli/api.ts'
import { connectControl } from '../cli/control-client.ts'
import { readCharter, writeCharter } from '../config/charter-file.ts'
import { openLevelStore } from '../store/level-store.ts'
import { poll } from '../swarm/poll.ts'
import type { Look, PaymentsReport } from './driven-messages.ts'
import type { DrivenProcess } from './driven-process.ts'
import { balance, planSeats, type Seat, startSeat, until, untilLevel } from './driven-swarm.ts'

const AMOUNT = 10_000n
const WAIT_MS = 60_000

export interface ChangeTimes {
  readonly what: string
  readonly witnesses: number
  /** When it was ordered, and when the one that ordered it saw the epoch begin; milliseconds since 1970. */
  readonly orderedMs: number
  readonly begunMs: number
}

export interface PaidUnderChange {
  readonly changes: readonly ChangeTimes[]
  /** One of each owner. */
  readonly payments: readonly PaymentsReport[]
  /** Acknowledged transfers that any of the peers' stores lacks, and those that one has more than once. */
  readonly lost: number
  readonly doubled: number
  /** Of each peer, at the end. */
  readonly looks: readonly Look[]
  /** The epoch that each peer is in, at the end. */
  readonly epochs: readonly number[]
}

interface Plan {
  readonly perSecond: number
  /** Between one change's beginning and the next order; payments go on for as long before the first and after the last. */
  readonly calmMs: number
  readonly changes: readonly (readonly [what: string, order: OrderRequest])[]
  readonly started: (peers: readonly DrivenProcess[]) => void
}

/**
 * Five members in processes of their own, four of them witnesses, who pay each other in a ring while the first orders
 * one change of epoch after another over its control socket. Afterwards each one's store is searched for every transfer.
 */
export async function payUnderChange(root: string, plan: Plan): Promise<PaidUnderChange> {
  const seats = await planFive(root)
  const peers = seats.map((seat) => startSeat(seat))
  plan.started(peers)
  await Promise.all(peers.map((peer) => peer.ready))
  for (const peer of peers)
    await until(peer, 'all are endowed and claim', (look) => seats.every(({ id }) => balance(look, id) > 0n))
  await untilLevel(peers, 1)
  const clients = await Promise.all(seats.map(clientOf))
  const pace = plan.perSecond / peers.length
  await Promise.all(
    peers.map((peer, at) =>
      peer.pay({ to: nextOf(seats, at), amount: AMOUNT, perSecond: pace, memo: `${at}.` }),
    ),
  )
  await pause(plan.calmMs)
  const changes: ChangeTimes[] = []
  for (const [what, order] of plan.changes) {
    changes.push(await change(clients, what, order))
    await pause(plan.calmMs)
  }
  const payments = await Promise.all(peers.map((peer) => peer.paid()))
  const looks = await untilLevel(peers)
  const epochs = await Promise.all(clients.map(async (client) => (await client.getEpoch()).number))
  await Promise.all(peers.map((peer) => peer.stop()))
  return { changes, payments, looks, epochs, ...(await search(seats, payments)) }
}

/** Of five founders the last is no witness yet; each agrees to be one. */
async function planFive(root: string): Promise<readonly Seat[]> {
  const seats = await planSeats(root, { count: 5 })
  const [first] = seats
  const charter = first === undefined ? undefined : await readCharter(first.folder)
  if (charter === undefined) throw new Error('a planned swarm has a charter')
  const witnesses = charter.witnesses.filter((peer) => peer !== seats.at(-1)?.id)
  await Promise.all(seats.map(({ folder }) => writeCharter(folder, { ...charter, witnesses })))
  return seats.map((seat) => ({ ...seat, flags: { ...seat.flags, acceptWitness: 'true' } }))
}

function nextOf(seats: readonly Seat[], at: number): PeerId {
  const next = seats[(at + 1) % seats.length]
  if (next === undefined) throw new RangeError('a ring has somebody in it')
  return next.id
}

async function clientOf({ folder }: Seat): Promise<PeerClient> {
  const client = await connectControl(folder.root)
  if (client === undefined) throw new Error('the peer does not answer on its control socket')
  return client
}

/** Resolves once every peer is in the epoch. */
async function change(
  clients: readonly PeerClient[],
  what: string,
  order: OrderRequest,
): Promise<ChangeTimes> {
  const [client] = clients
  if (client === undefined) throw new RangeError('somebody orders')
  const orderedMs = Date.now()
  const { number, kind, next } = await client.orderEpoch({ body: { ...order, confirmed: true } })
  if (kind !== 'order') throw new Error(`the order was answered as ${kind}`)
  if (!(await begun(client, number))) throw new Error(await stateOf(clients, what))
  const begunMs = Date.now()
  const all = await Promise.all(clients.map((each) => begun(each, number)))
  if (all.includes(false)) throw new Error(await stateOf(clients, what))
  return { what, witnesses: next.witnesses.length, orderedMs, begunMs }
}

async function begun(client: PeerClient, number: number): Promise<boolean> {
  const look = async () => ((await client.getEpoch()).current >= number ? true : undefined)
  return (await poll(look, { timeoutMs: WAIT_MS })) === true
}

/** Where everybody stands, for whoever looks into a change that never came to its end. */
async function stateOf(clients: readonly PeerClient[], what: string): Promise<string> {
  const seen = await Promise.all(
    clients.map(async (client) => {
      const [epoch, ledger] = await Promise.all([client.getEpoch(), client.getLedgerRoot()])
      const { current, level, self, reported, orders, sentences } = epoch
      const { root, entries } = ledger
      return JSON.stringify({
        current,
        level,
        self,
        reported,
        root,
        entries,
        sentences,
        orders: orders.length,
      })
    }),
  )
  return `not everybody came to the end of "${what}": ${seen.join('\n')}`
}

/** What any of the stores lacks or has twice. */
async function search(seats: readonly Seat[], payments: readonly PaymentsReport[]) {
  const wanted = new Set(payments.flatMap(({ acknowledged }) => acknowledged))
  const lost = new Set<string>()
  const doubled = new Set<string>()
  for (const { folder } of seats) {
    const found = await memosIn(folder.store, seats)
    for (const memo of wanted) if (!found.has(memo)) lost.add(memo)
    for (const [memo, times] of found) if (times > 1) doubled.add(memo)
  }
  return { lost: lost.size, doubled: doubled.size }
}

/** How often each memo of the members' transfers is in a stopped peer's store. */
async function memosIn(folder: string, seats: readonly Seat[]): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  const store = await openLevelStore(folder)
  for (const { id } of seats)
    for (let seq = 0; ; seq += 1) {
      const bytes = await store.get(keys.certificate(id, seq))
      if (bytes === undefined) break
      const { entry } = decodeRecord(certificateCodec, bytes, 'certificate')
      for (const operation of entry.body.ops)
        if (operation.type === 'transfer') found.set(operation.memo, (found.get(operation.memo) ?? 0) + 1)
    }
  await store.close()
  return found
}
