import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../protocol/verification/verdict.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { TIMES } from '../../protocol/params.ts'
import { keys } from '../../protocol/records/keys.ts'
import { ANSWER, TestJobs } from '../../protocol/jobs/testing-jobs.ts'
import { type Decision, decisionCodec } from '../../protocol/agreement/messages.ts'
import { decodeRecord } from '../../protocol/encoding/body.ts'
import { createNativeVerifier } from '../crypto/native-verifier.ts'
import { createExplainer } from './explain.ts'
import { createHistory } from './history.ts'
import type { ColdRecords } from './ports.ts'

const WATCHER = 0

function coldRecords(store: ReadonlyMap<string, Uint8Array>): ColdRecords {
  return {
    get: (key) => Promise.resolve(store.get(key)),
    async *scan({ prefix, reverse = false }) {
      const found = [...store.keys()].filter((key) => key.startsWith(prefix)).sort()
      for (const key of reverse ? found.reverse() : found) {
        const value = store.get(key)
        if (value !== undefined) yield { key, value }
      }
    },
  }
}

/** A job of two replicas that is over, with one of its slots taken over from a runner that died. */
function takenOver() {
  const jobs = new TestJobs([1, 2, 5, 6])
  const job = jobs.submit({ replicas: 2, standbys: 2 })
  jobs.passElection()
  const [first] = jobs.minds.runs
  if (first === undefined) throw new RangeError('nobody runs')
  jobs.minds.stop(first.peer)
  jobs.minds.pass(TIMES.leaseMs + TIMES.graceMs)
  for (const run of jobs.minds.runs) if (run.peer !== first.peer) jobs.minds.finish(run, ANSWER)
  jobs.minds.pass(3 * TIMES.revealMs)
  return { jobs, job, dead: first.peer }
}

interface Changes {
  readonly verdict?: (verdict: Verdict) => Verdict
  readonly bodies?: boolean
  readonly store?: (store: Map<string, Uint8Array>) => void
}

/** What a peer says of a job that is over here; `changes` is what it finds otherwise than it was. */
async function explained({ jobs, job }: ReturnType<typeof takenOver>, changes: Changes = {}) {
  const store = new Map(jobs.minds.storeOf(jobs.id(WATCHER)))
  changes.store?.(store)
  const records = coldRecords(store)
  const { view } = jobs.minds.mindOf(jobs.id(WATCHER))
  const history = createHistory(records, view)
  const result = (await history.job(job))?.result
  if (result === undefined || result === null || result.agreement === 'silent') throw new Error('no result')
  const { agreement, winner, confidence } = result
  const replicas = result.replicas.flatMap(({ slot, cluster, outcome, cosine, findings }) =>
    cluster === null || outcome === 'silent' ? [] : [{ slot, cluster, outcome, cosine, findings }],
  )
  const verdict: Verdict = { agreement, winner, confidence, replicas }
  const explain = createExplainer({
    history,
    store: records,
    bodies: {
      get: () => Promise.resolve(changes.bodies === false ? undefined : Uint8Array.of(1)),
      put: () => Promise.reject(new Error('nothing is written')),
    },
    judge: { judge: () => Promise.resolve(changes.verdict?.(verdict) ?? verdict) },
    roster: view.roster,
    verifier: createNativeVerifier({ cacheEntriesMax: 1_000 }),
    rules: view.roster.charter.rules,
  })
  const found = await explain(job)
  if (found === undefined) throw new Error('nothing is decided')
  const held = (holds: boolean | null) =>
    found.steps.flatMap(({ step, checks }) =>
      checks.flatMap((check) => (check.holds === holds ? [`${step} ${check.what}`] : [])),
    )
  return { found, held }
}

const ALL = ['0 signatures', '0 election', '1 signatures', '1 evidence', '1 verdict', '1 payments', '1 next']

describe('a job that is over', () => {
  it('is computed again from its decisions, and shows who took over from whom', async () => {
    const over = takenOver()
    const { found, held } = await explained(over)
    expect(held(true)).toEqual(ALL)
    const [takeover] = found.steps.flatMap(({ takeovers }) => takeovers)
    const from = (peer: PeerId) => ({ peer, rank: 0, cause: 'timeout', seals: takeover?.seals })
    expect(takeover).toMatchObject({ rank: 1, from: [from(over.dead)] })
    expect(found.bids).toHaveLength(4)
  })

  it('says of a verdict that comes out otherwise, and of one that it can not judge', async () => {
    const over = takenOver()
    const other = await explained(over, { verdict: (verdict) => ({ ...verdict, confidence: 1 }) })
    expect(other.held(false)).toEqual(['1 verdict'])
    const blind = await explained(over, { bodies: false })
    expect(blind.held(null)).toEqual(['1 verdict'])
    expect(blind.held(false)).toEqual([])
  })

  /** A byte of a stored decision is another one: at this place of the piece that `find` looks for. */
  const rotten =
    ({ job }: ReturnType<typeof takenOver>, step: number, find: (decision: Decision) => Uint8Array) =>
    (store: Map<string, Uint8Array>) => {
      const key = keys.decision(job, step)
      const bytes = Buffer.from(store.get(key) ?? [])
      const at = bytes.lastIndexOf(find(decodeRecord(decisionCodec, bytes, key)))
      if (at < 0) throw new Error('it is not there')
      store.set(
        key,
        bytes.map((byte, place) => (place === at ? byte ^ 1 : byte)),
      )
    }

  it.each([0, 1])('finds a signature under step %i that has rotted', async (step) => {
    const over = takenOver()
    const store = rotten(over, step, ({ quorum }) => quorum.sigs[0] ?? new Uint8Array(0))
    expect((await explained(over, { store })).held(false)).toEqual([`${step} signatures`])
  })

  it('leaves no decision out, whatever it says it is', async () => {
    const over = takenOver()
    const store = rotten(over, 1, ({ instance }) => new TextEncoder().encode(instance))
    expect((await explained(over, { store })).held(false)).toEqual(['1 signatures'])
  })
})
