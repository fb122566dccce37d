import { beforeEach, describe, expect, it } from 'vitest'
import type { Signer } from '../crypto/signer.ts'
import { signedFrame } from '../encoding/envelope.ts'
import { KINDS } from '../encoding/kinds.ts'
import { type Signed, sign } from '../encoding/signed.ts'
import type { Digest } from '../ids.ts'
import { HEARTBEAT } from '../jobs/messages.ts'
import { escrowOf } from '../jobs/spec.ts'
import { ENTRY, genesisOf, type Operation } from '../ledger/entry.ts'
import { ANNOUNCE } from '../ledger/messages.ts'
import { FORK, forkProofOf } from '../ledger/resolution.ts'
import { testCharter, testSigner, testSpec } from '../ledger/testing-mind.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import { TestMinds } from './testing-minds.ts'

const SIGNERS = [0, 1, 2, 3, 4].map(testSigner)
const [minter, target, , , member] = SIGNERS as [Signer, Signer, Signer, Signer, Signer]
const roster = rosterOf(testCharter(SIGNERS, 4))
const { swarm, charter } = roster
const CREDIT = 1_000_000n

let minds: TestMinds
beforeEach(() => {
  minds = new TestMinds(roster, SIGNERS)
  minds.pass(20_000)
})

type Gossiped = 'heartbeat' | 'entry' | 'announce' | 'fork'

/** What the peer says of it, and after it has handled it. */
function newsOf<T>(kind: Gossiped, signed: Signed<T>): readonly [before: boolean, after: boolean] {
  const frame = signedFrame(swarm, kind, signed)
  const from = signed.signer
  const ask = (): boolean => {
    const { view, inspect } = minds.mindOf(target.id)
    const inspected = inspect(frame, { from, via: KINDS[kind].via })
    if (!inspected.ok) throw new Error(inspected.code)
    return view.isNews(inspected.candidate.value)
  }
  const before = ask()
  minds.bring(from, target.id, frame)
  minds.settle()
  return [before, ask()]
}

function beat(seq: number) {
  const { rules } = charter
  return sign(member, swarm, HEARTBEAT, {
    boot: 9,
    seq,
    sentMs: 0,
    nodes: [],
    addresses: [],
    root: rules,
    version: '',
    rules,
    lost: false,
  })
}

function opening(nonce = 0): Operation {
  const spec = { ...testSpec(charter, member.id), nonce }
  return { type: 'open', spec, escrow: escrowOf(spec) }
}

function entry(signer: Signer, seq: number, ops: readonly Operation[], free = 0n) {
  const claims = [{ source: charter.rules, index: 0 }]
  return sign(signer, swarm, ENTRY, {
    account: signer.id,
    seq,
    prev: genesisOf(swarm, signer.id),
    claims,
    ops,
    free,
  })
}

function mint(): Digest {
  const answer = minds.command(minter.id, { type: 'mint', to: member.id, amount: CREDIT, memo: '' })
  minds.pass(20_000)
  if (answer?.ok !== true || answer.type !== 'entry') throw new Error('nothing was minted')
  return answer.entry
}

describe('a message that is news until it is known', () => {
  it('is a heartbeat, which an older one never is', () => {
    expect(newsOf('heartbeat', beat(2))).toEqual([true, false])
    expect(newsOf('heartbeat', beat(1))).toEqual([false, false])
    expect(newsOf('heartbeat', beat(3))).toEqual([true, false])
  })

  it('is an entry that offers a job, unless its place has another', () => {
    expect(newsOf('entry', entry(member, 0, [opening()]))).toEqual([true, false])
    expect(newsOf('entry', entry(member, 1, [opening(0), opening(1)]))).toEqual([true, false])
    mint()
    expect(newsOf('entry', entry(minter, 0, [opening(7)]))[0]).toBe(false)
    expect(newsOf('entry', entry(minter, 1, []))).toEqual([false, false])
  })

  it('is a fork, by its first proof', () => {
    const first = forkProofOf(entry(member, 0, [], 1n), entry(member, 0, [], 2n))
    const second = forkProofOf(entry(member, 0, [], 1n), entry(member, 0, [], 3n))
    if (first === undefined || second === undefined) throw new Error('these entries fork')
    expect(newsOf('fork', sign(minter, swarm, FORK, first))).toEqual([true, false])
    expect(newsOf('fork', sign(minter, swarm, FORK, second))).toEqual([false, false])
  })
})

it('an announcement is news if it names a fact that is lacking here', () => {
  const certified = mint()
  const announce = (seq: number) => {
    const entries = [{ account: minter.id, seq, entry: certified }]
    return newsOf('announce', sign(minter, swarm, ANNOUNCE, { entries, jobs: [], trust: null }))[0]
  }
  expect(announce(0)).toBe(false)
  expect(announce(1)).toBe(true)
  const unknown = { entries: [], jobs: [{ job: charter.rules, step: 0 }], trust: null }
  expect(newsOf('announce', sign(minter, swarm, ANNOUNCE, unknown))[0]).toBe(true)
})
