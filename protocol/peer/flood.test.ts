import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { Signer } from '../crypto/signer.ts'
import { mintVerified } from '../crypto/verified.ts'
import type { Codec } from '../encoding/codec.ts'
import { plainFrame, signedFrame } from '../encoding/envelope.ts'
import { type KindName, KINDS } from '../encoding/kinds.ts'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import { floodsOf, said } from './testing-flood.ts'
import { TestMinds } from './testing-minds.ts'

const SIGNERS = [0, 1, 2, 3, 4, 5].map(testSigner)
const [minter, target, , liar, honest, other] = SIGNERS as [Signer, Signer, Signer, Signer, Signer, Signer]
const roster = rosterOf(testCharter(SIGNERS, 4))
const CREDIT = 1_000_000n
const MIB = 1_048_576

/** So many fill whatever is kept of a kind: of early messages 2,560, of most others one or a thousand. */
const FILLING = 3_000
/** Of accounts known to be forked 10,000 are kept. */
const FILLING_FORKS = 10_500
/** What follows must find its place among them. */
const FURTHER = 3_000
/** Seals as large as can be leave most, 19 MiB: 4 MiB of early messages, decoded. Of all others 5 MiB is the most. */
const FILLED_BYTES_MAX = 24 * MIB
/** Less than a name kept of each further message. */
const GROWTH_BYTES_MAX = MIB / 4

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

/** What hangs on weak references and finalisers is free only after a further collection or two. */
const COLLECTIONS = 3

async function usedBytes(): Promise<number> {
  if (typeof collect !== 'function') throw new TypeError('this runtime has no collector to call')
  for (let count = 0; count < COLLECTIONS; count += 1) {
    Reflect.apply(collect, undefined, [])
    await nextTurn()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const minds = new TestMinds(roster, SIGNERS)
minds.pass(20_000)

function given(to: Signer) {
  const answer = minds.command(minter.id, { type: 'mint', to: to.id, amount: CREDIT, memo: '' })
  if (answer?.ok !== true || answer.type !== 'entry') throw new Error('nothing was minted')
  return answer.entry
}

const floods = floodsOf({ self: liar.id, roster, source: given(liar) })
given(honest)
minds.pass(20_000)
const root = minds.mindOf(target.id).view.ledgerRoot()

/** Brings a message into the target as its host would; what comes of it goes nowhere. */
function bring(kind: KindName, body: unknown): void {
  const codec = KINDS[kind].body as unknown as Codec<unknown>
  const frame = KINDS[kind].signed
    ? signedFrame(roster.swarm, kind, said({ kind, body: codec }, liar.id, body))
    : plainFrame(roster.swarm, liar.id, kind, body as never)
  const mind = minds.mindOf(target.id)
  const inspected = mind.inspect(frame, { from: liar.id, via: KINDS[kind].via })
  if (!inspected.ok) throw new Error(`${kind} was dropped as ${inspected.code}`)
  const answers = inspected.candidate.checks.map(() => true)
  const message = mintVerified(inspected.candidate, answers)
  if (message !== undefined) mind.handle({ type: 'message', message }, minds.now)
}

/** What the flooded one says to somebody else's question. */
function answeredTo(asker: Signer) {
  minds.heard(asker.id, 'head-reply')
  minds.say(asker.id, target.id, 'head-query', { account: asker.id })
  return minds.heard(asker.id, 'head-reply').map(({ body }) => body)
}

describe('a member that sends without end, as fast as its budget allows', () => {
  it.each(Object.entries(floods))('%s: leaves next to nothing behind', async (name, bodyOf) => {
    const kind = name as KindName
    const filling = kind === 'fork' ? FILLING_FORKS : FILLING
    const further = kind === 'seal' || kind === 'sync-buckets' ? FILLING : FURTHER
    const send = (from: number, to: number) => {
      for (let at = from; at < to; at += 1) {
        minds.now += kind === 'seal' ? 30 : 5
        bring(kind, bodyOf(at))
      }
      return usedBytes()
    }
    const empty = await usedBytes()
    const filled = await send(0, filling)
    const end = await send(filling, filling + further)
    expect(filled - empty).toBeLessThan(FILLED_BYTES_MAX)
    expect(end - filled).toBeLessThan(GROWTH_BYTES_MAX)
    expect(minds.mindOf(target.id).view.ledgerRoot()).toBe(root)
    expect(answeredTo(honest)).toEqual([{ account: honest.id, seq: 0, entry: null }])
  })
})

describe('after all of that', () => {
  it('everybody is served, and the flooded one votes and keeps up like the others', () => {
    const paid = { type: 'transfer', to: other.id, amount: CREDIT, memo: '' } as const
    expect(minds.command(honest.id, paid)).toMatchObject({ ok: true })
    minds.pass(60_000)
    expect(new Set(minds.minds.map(({ view }) => view.ledgerRoot())).size).toBe(1)
    for (const { view } of minds.minds) {
      expect(view.account(other.id)?.claimable).toBe(CREDIT)
      const { minted, free, unclaimed, escrowed, burnt } = view.supply()
      expect(free + unclaimed + escrowed + burnt).toBe(minted)
    }
  })
})
