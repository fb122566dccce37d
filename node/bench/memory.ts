import { randomBytes } from 'node:crypto'
import { memoryUsage } from 'node:process'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import { certificateCodec } from '../../protocol/ledger/certificate.ts'
import type { Fact } from '../../protocol/ledger/fact.ts'
import type { Peer } from '../../protocol/peer/options.ts'
import { createPeer } from '../../protocol/peer/peer.ts'
import { HOT_PREFIXES } from '../../protocol/records/keys.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'
import { ownRules } from '../config/lexicon.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'
import { LoneMind, makeCertificates } from './made-ledger.ts'
import { planSwarm } from './witness-swarm.ts'

const BAR_MB = 100
const FACTS_AT_ONCE = 4

type Print = (line: string) => void

/** What hangs on weak references and finalisers is free only after a further collection or two. */
const COLLECTIONS = 4

/** The collector, which Node hides unless asked. */
function collector(): () => Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new TypeError('this runtime has no collector to call')
  return async () => {
    for (let count = 0; count < COLLECTIONS; count += 1) {
      Reflect.apply(collect, undefined, [])
      await nextTurn()
    }
  }
}

/**
 * What a mind of so many accounts takes, each with a certified entry and an unclaimed output: once grown fact by
 * fact, once restored from its records as after a restart. Everything that goes in lies in buffers before.
 */
export async function benchMemory(accounts: number, print: Print): Promise<void> {
  const minter = createNativeSigner(new Uint8Array(randomBytes(32)))
  const plan = await planSwarm(minter.id)
  await plan.remove()
  const { charter, witnesses } = plan
  const signers = witnesses.map(({ seed }) => createNativeSigner(seed))
  const [signer] = signers
  if (signer === undefined) throw new RangeError('no witness')
  const rules = await ownRules()
  const bodies: Uint8Array[] = []
  const entries = accounts + Math.ceil(accounts / 64)
  for (const fact of makeCertificates({ charter, minter, witnesses: signers, owners: accounts, entries })) {
    if (fact.bytes !== undefined) bodies.push(fact.bytes)
  }
  const records = recordsOf(bodies, { charter, signer, rules })
  const collect = collector()
  const grown = await measure(collect, () => grow(bodies, { charter, signer, rules }).peer)
  const restored = await measure(collect, () => {
    const peer = createPeer({ signer, charter, rules })
    const text = new TextDecoder()
    for (const [key, value] of records) peer.restore({ key: text.decode(key), value: value.slice() })
    peer.handle({ type: 'start', boot: 1, addresses: [], version: 'bench' }, 1)
    return peer
  })
  if (grown.root !== restored.root) throw new Error('the restored mind has another root')
  for (const [how, { growthMb, seen, rootMs }] of [
    ['grown', grown],
    ['restored', restored],
  ] as const) {
    const met = growthMb <= BAR_MB ? 'met' : 'MISSED'
    print(
      `${seen} accounts, ${how.padEnd(9)} ${growthMb.toFixed(1).padStart(6)} MB   (bar: ${BAR_MB} MB: ${met}); root after a change ${rootMs.toFixed(2)} ms`,
    )
  }
}

interface MindOptions {
  readonly charter: Charter
  readonly signer: ReturnType<typeof createNativeSigner>
  readonly rules: Parameters<typeof createPeer>[0]['rules']
}

function grow(
  bodies: readonly Uint8Array[],
  options: MindOptions,
  record: (key: string, value: Uint8Array | null) => void = () => undefined,
): LoneMind {
  const mind = new LoneMind({ ...options, record: ({ key, value }) => record(key, value) })
  for (let at = 0; at < bodies.length; at += FACTS_AT_ONCE) {
    mind.apply(bodies.slice(at, at + FACTS_AT_ONCE).map(factOf))
  }
  return mind
}

/** Read as from a frame, so that what the mind keeps of it is what it would keep. */
function factOf(body: Uint8Array): Fact {
  const bytes = body.slice()
  return { type: 'certificate', certificate: decodeBody(certificateCodec, bytes, '', TRUSTED), bytes }
}

/** Hot records in the order of a store, keys as bytes: a mind must bring its own texts. */
function recordsOf(
  bodies: readonly Uint8Array[],
  options: MindOptions,
): readonly (readonly [Uint8Array, Uint8Array])[] {
  const hot = new Map<string, Uint8Array>()
  grow(bodies, options, (key, value) => {
    if (value === null) hot.delete(key)
    else if (HOT_PREFIXES.some((prefix) => key.startsWith(prefix))) hot.set(key, value)
  })
  const text = new TextEncoder()
  return [...hot]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [text.encode(key), value] as const)
}

interface Measured {
  readonly growthMb: number
  readonly seen: number
  readonly root: string
  readonly rootMs: number
}

async function measure(collect: () => Promise<void>, make: () => Peer): Promise<Measured> {
  await collect()
  const before = used()
  const { view } = make()
  const startedMs = performance.now()
  const root = view.ledgerRoot()
  const rootMs = performance.now() - startedMs
  await collect()
  const growthMb = (used() - before) / 1_000_000
  let seen = 0
  for (const _ of view.accounts()) seen += 1
  const { minted, free, unclaimed, escrowed, burnt } = view.supply()
  if (free + unclaimed + escrowed + burnt !== minted) throw new Error('credit was made or lost')
  return { growthMb, seen, root, rootMs }
}

function used(): number {
  const { heapUsed, external } = memoryUsage()
  return heapUsed + external
}
