import { expect, it } from 'vitest'
import type { Digest, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { SignedEntry } from '../ledger/entry.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { Gather } from './gather.ts'
import { type Cut, cutHandover, emptyListOf, pieceDigestOf } from './pieces.ts'
import { entriesOfOnePlace } from './testing-lists.ts'

const { ids, roster } = fourWitnesses()
const [self, second, third, liar] = ids as [PeerId, PeerId, PeerId, PeerId]
const ROOT = '0'.repeat(64) as Digest

it('a witness that reports ever another state holds nobody up', () => {
  let now = 0
  const out = {
    get now() {
      return now
    },
    send: () => undefined,
  } as unknown as Outbox
  const lookups = {} as ConstructorParameters<typeof Gather>[0]['lookups']
  const gather = new Gather({ self, roster, root: () => ROOT, compare: () => undefined, lookups })
  const report = (from: PeerId, root: Digest) => {
    const body = { number: 1, root, list: emptyListOf(1) }
    gather.onReport(out, { kind: 'epoch-report', from, body } as unknown as MessageOf<'epoch-report'>)
  }
  gather.collect(out, cutHandover({ locks: [], prepared: [] }, 1))
  for (const honest of [second, third]) report(honest, ROOT)
  for (; now < TIMES.retryMsMax; now += 500) {
    report(liar, `1${now}`.padStart(64, '0') as Digest)
    expect(gather.isReady(now)).toBe(false)
  }
  report(liar, '9'.repeat(64) as Digest)
  expect(gather.isReady(now)).toBe(true)
})

/** A list with a part for each of these entries. */
function oneByOne(entries: readonly SignedEntry[]): Cut {
  const parts = entries.map((entry) => ({ locks: [entry], prepared: [] }))
  const named = new Map(parts.map((part) => [pieceDigestOf({ type: 'part', number: 1, ...part }), part]))
  return { name: pieceDigestOf({ type: 'list', number: 1, parts: [...named.keys()] }), parts: named }
}

/** A proposer that bears these entries itself, and is reported lists of a swarm in which anything may be certified. */
function gathering(own: readonly SignedEntry[]) {
  const asked: { to: PeerId; piece: Digest }[] = []
  const out = {
    now: 0,
    send: (to: PeerId, kind: string, body: { piece: Digest }) => {
      if (kind === 'handover-fetch') asked.push({ to, piece: body.piece })
    },
  } as unknown as Outbox
  const lookups = { isVotable: () => true, isDecided: () => false, carried: () => undefined }
  const gather = new Gather({ self, roster, root: () => ROOT, compare: () => undefined, lookups })
  gather.collect(out, cutHandover({ locks: own, prepared: [] }, 1))
  /** What of a report was fetched. */
  const report = (from: PeerId, { name, parts }: Cut): number => {
    const body = { number: 1, root: ROOT, list: name }
    gather.onReport(out, { kind: 'epoch-report', from, body } as unknown as MessageOf<'epoch-report'>)
    let fetched = 0
    for (let next = asked.shift(); next !== undefined; next = asked.shift()) {
      const part = parts.get(next.piece)
      if (next.piece === name) gather.onPiece(out, { type: 'list', number: 1, parts: [...parts.keys()] })
      else if (part !== undefined) {
        fetched += 1
        gather.onPiece(out, { type: 'part', number: 1, ...part })
      }
    }
    return fetched
  }
  return { gather, report }
}

it('of a report no more is kept for an account than an honest one can list', () => {
  const entries = entriesOfOnePlace(20)
  const { gather, report } = gathering([])
  // Two parts are asked for at a time, and the next when the first is here.
  expect(report(liar, oneByOne(entries))).toBeLessThanOrEqual(3)
  expect(gather.reported()).toEqual([])
  report(second, oneByOne(entries.slice(0, 1)))
  report(third, oneByOne(entries.slice(1, 2)))
  expect(gather.reported()).toEqual([second, third])
  expect(gather.merged({ locks: [], prepared: [] }, 0).locks).toEqual(entries.slice(0, 2))
})

it('where an earlier handover listed several for a place, every report may', () => {
  const entries = entriesOfOnePlace(4)
  const { gather, report } = gathering(entries)
  report(second, oneByOne(entries))
  expect(gather.reported()).toEqual([second])
  expect(gather.merged({ locks: entries, prepared: [] }, 0).locks).toEqual(entries)
})
