import { describe, expect, it } from 'vitest'
import { mintVerified } from '../crypto/verified.ts'
import type { Signer } from '../crypto/signer.ts'
import { decodeEnvelope, decodeKind } from '../encoding/envelope.ts'
import { TRUSTED } from '../encoding/evidence.ts'
import { isKind } from '../encoding/kinds.ts'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import { OUTPUT_MIN, TIMES } from '../params.ts'
import type { Effect } from '../peer/effect.ts'
import type { Event } from '../peer/event.ts'
import type { Peer } from '../peer/options.ts'
import { createPeer } from '../peer/peer.ts'
import { rosterOf } from '../swarm/live-roster.ts'

interface Host {
  readonly signer: Signer
  readonly mind: Peer
  readonly store: Map<string, Uint8Array>
  readonly timers: Map<string, number>
}

interface Carried {
  readonly from: Host
  readonly to: Host
  readonly kind: string
  readonly body: unknown
}

/** Three whole minds that witness, on links that can be cut; no gossip, on which nothing may depend. */
function createTrio() {
  const signers = [0, 1, 2].map(testSigner)
  const roster = rosterOf(testCharter(signers, 3))
  const hosts = signers.map((signer): Host => {
    const mind = createPeer({ signer, charter: roster.charter, rules: roster.charter.rules })
    return { signer, mind, store: new Map(), timers: new Map() }
  })
  const cut = new Set<string>()
  const carried: Carried[] = []
  let queue: (() => void)[] = []
  let now = 1_000
  const linkOf = (a: Host, b: Host) => [a.signer.id, b.signer.id].sort().join(' ')

  function handle(host: Host, event: Event): void {
    for (const effect of host.mind.handle(event, now)) take(host, effect)
  }

  function take(host: Host, effect: Effect): void {
    switch (effect.type) {
      case 'persist':
        for (const { key, value } of effect.writes) {
          if (value === null) host.store.delete(key)
          else host.store.set(key, value)
        }
        break
      case 'timer':
        host.timers.set(effect.id, now + effect.delayMs)
        break
      case 'cancel-timer':
        host.timers.delete(effect.id)
        break
      case 'to-self':
        queue.push(() => handle(host, { type: 'message', message: effect.message }))
        break
      case 'load': {
        const values = effect.keys.map((key) => host.store.get(key))
        queue.push(() => handle(host, { ...effect, type: 'loaded', values }))
        break
      }
      case 'send':
        queue.push(() => carry(host, effect))
        break
      default:
      // Nothing here gossips, runs or shows anything.
    }
  }

  function carry(from: Host, { to, channel, frame }: Extract<Effect, { type: 'send' }>): void {
    const host = hosts.find(({ signer }) => signer.id === to)
    if (host === undefined || cut.has(linkOf(from, host))) return
    const inspection = host.mind.inspect(frame, { from: from.signer.id, via: channel })
    if (!inspection.ok) throw new Error(inspection.code)
    const { kind, body } = decodeEnvelope(frame)
    if (isKind(kind)) carried.push({ from, to: host, kind, body: decodeKind(kind, body, TRUSTED) })
    const message = mintVerified(
      inspection.candidate,
      inspection.candidate.checks.map(() => true),
    )
    if (message !== undefined) handle(host, { type: 'message', message })
  }

  /** Lets everything happen that is due within so much time. */
  function pass(ms: number): void {
    for (const end = now + ms; ; ) {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) next()
      const due = hosts.flatMap((host) => [...host.timers].map(([id, at]) => ({ host, id, at })))
      const [first] = due.sort((a, b) => a.at - b.at)
      if (first === undefined || first.at > end) {
        now = end
        return
      }
      now = Math.max(now, first.at)
      first.host.timers.delete(first.id)
      handle(first.host, { type: 'timer', id: first.id })
    }
  }

  function set(a: Host, b: Host, up: boolean): void {
    if (up) cut.delete(linkOf(a, b))
    else cut.add(linkOf(a, b))
    const type = up ? 'connected' : 'disconnected'
    handle(a, { type, peer: b.signer.id })
    handle(b, { type, peer: a.signer.id })
  }

  const [minter, middle, far] = hosts
  if (minter === undefined || middle === undefined || far === undefined) throw new RangeError('three hosts')
  for (const host of hosts) handle(host, { type: 'start', boot: 1, addresses: [], version: 'test' })
  set(minter, middle, true)
  set(middle, far, true)
  set(minter, far, true)
  pass(1_000)
  const mint = (to: Host) => {
    const command = { type: 'mint' as const, to: to.signer.id, amount: OUTPUT_MIN, memo: '' }
    handle(minter, { type: 'command', id: 1, command, entropy: new Uint8Array(32) })
    pass(20)
  }
  /** As a peer would tell them to one with another root. */
  function bucketsOf({ mind, signer }: Host): readonly (string | null)[] {
    const body = { root: '0'.repeat(64) }
    const none = new Uint8Array()
    const message = {
      kind: 'sync-root',
      from: testSigner(0).id,
      signer: signer.id,
      body,
      bytes: none,
      sig: none,
    }
    const verified = mintVerified({ value: message as never, checks: [] }, [])
    const effects = verified === undefined ? [] : mind.handle({ type: 'message', message: verified }, now)
    const frames = effects.flatMap((effect) => (effect.type === 'send' ? [decodeEnvelope(effect.frame)] : []))
    const [answer] = frames.filter(({ kind }) => kind === 'sync-buckets')
    if (answer === undefined) throw new Error('no buckets were told')
    return decodeKind('sync-buckets', answer.body, TRUSTED).buckets
  }

  const root = (host: Host) => host.mind.view.ledgerRoot()
  return { minter, middle, far, carried, pass, set, mint, root, bucketsOf }
}

describe('anti-entropy', () => {
  it('brings what was certified while a link was down, by the peer between, within a round of each', () => {
    const { minter, middle, far, pass, set, mint, root } = createTrio()
    for (let count = 0; count < 5; count += 1) mint(far)
    pass(2 * TIMES.syncMs)
    expect(root(far)).toBe(root(minter))
    set(minter, far, false)
    for (let count = 0; count < 5; count += 1) mint(middle)
    expect(root(middle)).toBe(root(minter))
    expect(root(far)).not.toBe(root(minter))
    pass(2 * TIMES.syncMs + 1_000)
    expect(far.mind.view.counters().entries).toBe(10)
    expect(root(far)).toBe(root(minter))
  })

  it('compares at once when the link is back', () => {
    const { minter, middle, far, pass, set, mint, root } = createTrio()
    set(minter, far, false)
    set(middle, far, false)
    mint(middle)
    expect(root(far)).not.toBe(root(minter))
    set(minter, far, true)
    pass(50)
    expect(root(far)).toBe(root(minter))
  })

  it('descends only into the buckets that differ, and fetches only what is lacking there', () => {
    const { minter, middle, far, carried, pass, set, mint, root, bucketsOf } = createTrio()
    for (const host of [minter, middle, far]) mint(host)
    pass(2 * TIMES.syncMs)
    set(minter, far, false)
    mint(middle)
    const [before, after] = [bucketsOf(far), bucketsOf(middle)]
    carried.length = 0
    pass(2 * TIMES.syncMs + 1_000)
    expect(root(far)).toBe(root(middle))
    const differing = after.flatMap((bucket, at) => (bucket === before[at] ? [] : [at]))
    const toFar = carried.filter(({ to }) => to === far)
    const asked = carried.filter(({ from, kind }) => from === far && kind === 'sync-leaves-request')
    expect(asked.map(({ body }) => body)).toEqual([{ buckets: differing, after: '' }])
    expect(differing).toHaveLength(1)
    const facts = toFar.flatMap(({ kind, body }) =>
      kind === 'facts' ? (body as { facts: readonly unknown[] }).facts : [],
    )
    expect(facts).toHaveLength(1)
  })
})
