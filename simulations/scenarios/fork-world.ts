import type { Signer } from '../../protocol/crypto/signer.ts'
import { decodeEnvelope, plainFrame } from '../../protocol/encoding/envelope.ts'
import { type BodyOf, KINDS } from '../../protocol/encoding/kinds.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { blobRefOf, type Digest, type PeerId } from '../../protocol/ids.ts'
import { ENTRY, type Entry, type SignedEntry } from '../../protocol/ledger/entry.ts'
import type { Command, CommandResult } from '../../protocol/peer/command.ts'
import type { Peer } from '../../protocol/peer/options.ts'
import type { PlainKindName } from '../../protocol/peer/outbox.ts'
import { createPeer } from '../../protocol/peer/peer.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import { createCrypto } from '../crypto.ts'
import { CALM } from '../faults.ts'
import { createRandom } from '../random.ts'
import type { PeerPlan } from '../peer-plan.ts'
import { createWorld, type World, type WorldPeer } from '../world.ts'

export const CREDIT = 1_000_000n
/** What the owner of the account that forks is given. */
export const MINTED = 100n * CREDIT
const LIMITS = { virtualMs: 60_000, steps: 1_000_000 }
/** The account that forks: a member that doesn't witness. */
const OWNER = 4

/** What never arrives, beside what is lost anyway. */
export type Drops = (from: PeerId, to: PeerId, kind: string) => boolean

/** Four running witnesses without faults, an owner with credits, and somebody else who holds the owner's key. */
export interface ForkWorld {
  readonly world: World
  /** Down until a test starts it. */
  readonly owner: WorldPeer
  /** The owner's key, held by somebody who signs whatever he likes with it. */
  readonly thief: Signer
  peerAt(at: number): WorldPeer
  witnesses(): readonly WorldPeer[]
  pass(virtualMs: number): void
  viewOf(peer: WorldPeer): PeerView
  /** An account as a running peer sees it; the owner's by default. */
  accountAt(peer: WorldPeer, account?: PeerId): ReturnType<PeerView['account']>
  /** Ledger roots of those that run. */
  roots(): ReadonlySet<Digest>
  ask(peer: WorldPeer, command: Command): CommandResult
  mint(to: WorldPeer): void
  /** An entry of the owner's account at its next place, which claims what was minted to it. */
  entryPaying(to: PeerId, amount: bigint, change?: Partial<Entry>): SignedEntry
  /** Any founder's key, for what it signs beside its own mind. */
  keyOf(at: number): Signer
  certify(entry: SignedEntry, at: readonly WorldPeer[]): void
  /** Hands running peers a message that its sender's mind never sent. */
  tell<K extends PlainKindName>(at: readonly WorldPeer[], from: PeerId, kind: K, body: BodyOf<K>): void
  setDrops(drops: Drops): void
  /** Frames that leave anybody's machine from now on, by their kind. */
  countSent(): ReadonlyMap<string, number>
  /** Whether all credits are somewhere, at everybody. */
  conserved(): boolean
}

export interface ForkWorldOptions {
  readonly seed?: string
  /** Further members behind the owner. */
  readonly others?: number
}

const planOf = (operator: string, at: number): PeerPlan => ({
  operator,
  witness: at < OWNER,
  runner: 'honest',
  price: 1n,
  skewMs: 0,
})

export function createForkWorld({ seed = 'forks', others = 0 }: ForkWorldOptions = {}): ForkWorld {
  let drops: Drops = () => false
  const plans = Array.from({ length: OWNER + others }, (_, at) => planOf(`o${at + 1}`, at + 1))
  const world = createForkableWorld(seed, [planOf('o0', 0), ...plans], (mind) =>
    deafened(mind, (from, to, kind) => drops(from, to, kind)),
  )
  /** The entry that minted to the owner. */
  let source: Digest | undefined

  function peerAt(at: number): WorldPeer {
    const peer = world.peers[at]
    if (peer === undefined) throw new RangeError('no such peer')
    return peer
  }
  const owner = peerAt(OWNER)
  const keyOf = (at: number) => createCrypto('ed25519').signer(createRandom(seed).fork(`key ${at}`))
  const thief = keyOf(OWNER)
  const running = () => world.peers.filter(({ body }) => body.running)
  const pass = (virtualMs: number) => void world.pass({ ...LIMITS, steps: 20_000_000, virtualMs })

  function viewOf({ body: { view } }: WorldPeer): PeerView {
    if (view === undefined) throw new Error('the peer is down')
    return view
  }
  const accountAt = (peer: WorldPeer, account = owner.id) => viewOf(peer).account(account)

  function ask(peer: WorldPeer, command: Command): CommandResult {
    const number = world.command(peer, command)
    world.runUntil(() => world.resultOf(number) !== undefined, LIMITS)
    const result = world.resultOf(number)
    if (result === undefined) throw new Error('no answer')
    return result
  }

  function mint(to: WorldPeer): void {
    ask(peerAt(0), { type: 'mint', to: to.id, amount: MINTED, memo: '' })
    pass(1_000)
  }

  function tell<K extends PlainKindName>(
    at: readonly WorldPeer[],
    from: PeerId,
    kind: K,
    body: BodyOf<K>,
  ): void {
    const frame = plainFrame(world.roster.swarm, from, kind, body)
    const { via } = KINDS[kind]
    for (const peer of at) peer.body.receive(frame, { from, via })
  }

  const fork: ForkWorld = {
    world,
    owner,
    thief,
    peerAt,
    witnesses: () => [0, 1, 2, 3].map(peerAt),
    pass,
    viewOf,
    accountAt,
    roots: () => new Set(running().map((peer) => viewOf(peer).ledgerRoot())),
    ask,
    mint,
    entryPaying(to, amount, change = {}) {
      const [witness] = running()
      const account = witness === undefined ? undefined : accountAt(witness)
      if (account === undefined || source === undefined) throw new Error('nothing was minted')
      return sign(thief, world.roster.swarm, ENTRY, {
        account: owner.id,
        seq: account.seq,
        prev: account.head,
        claims: account.seq === 0 ? [{ source, index: 0 }] : [],
        ops: [{ type: 'transfer', to, amount, memo: '' }],
        free: (account.seq === 0 ? MINTED : account.free) - amount,
        ...change,
      })
    },
    keyOf,
    certify: (entry, at) => tell(at, owner.id, 'certify', { epoch: 0, entry, evidence: [] }),
    tell,
    setDrops(next) {
      drops = next
    },
    countSent() {
      const counts = new Map<string, number>()
      world.watch((observation) => {
        if (observation.type !== 'left' || observation.effect.type !== 'send') return
        const { kind } = decodeEnvelope(observation.effect.frame)
        counts.set(kind, (counts.get(kind) ?? 0) + 1)
      })
      return counts
    },
    conserved: () =>
      running().every((peer) => {
        const { minted, free, unclaimed, escrowed, burnt } = viewOf(peer).supply()
        return free + unclaimed + escrowed + burnt === minted
      }),
  }
  for (const peer of fork.witnesses()) world.start(peer)
  pass(1_000)
  mint(owner)
  source = accountAt(peerAt(0), peerAt(0).id)?.head
  return fork
}

function createForkableWorld(
  seed: string,
  peers: readonly [PeerPlan, ...PeerPlan[]],
  wrap: (mind: Peer) => Peer,
): World {
  const world = createWorld({
    seed,
    peers,
    faults: CALM,
    charter: {
      diversity: 'operator',
      params: { priorTrust: 1, minConfidence: 0, fee: 0n, maxPrice: 1n, trustBidders: 0 },
    },
    crypto: 'ed25519',
    createMind: (options) => wrap(createPeer(options)),
    judge: {
      rules: blobRefOf(Uint8Array.of(0)).digest,
      judge: () => {
        throw new Error('nothing to judge')
      },
    },
  })
  world.watch((observation) => {
    if (observation.type === 'threw') throw observation.error
  })
  return world
}

/** A mind that some messages never reach. */
function deafened(mind: Peer, drops: Drops): Peer {
  return {
    view: mind.view,
    restore: (record) => mind.restore(record),
    inspect: (frame, source) => mind.inspect(frame, source),
    handle(event, now) {
      if (event.type !== 'message') return mind.handle(event, now)
      const { from, kind } = event.message
      const { self } = mind.view
      return from !== self && drops(from, self, kind) ? [] : mind.handle(event, now)
    },
  }
}
