import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { JobDecision } from '../../protocol/api/decision-schema.ts'
import { connect } from '../cli/api.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { type AnswerNews, watchJob } from '../cli/watch-job.ts'
import type { OllamaTestServer } from '../compute/ollama-test-server.ts'
import { runCommand } from './command-line.ts'
import type { DrivenProcess } from './driven-process.ts'
import { planSeats, startSeat, untilJobsRun } from './driven-swarm.ts'
import { startWordModel } from './slow-model.ts'

const PEERS = 5
const WORDS = Array.from({ length: 20 }, (_, at) => `word${at} `)
/** Between two words: an answer takes some seconds, in the middle of which its runner is killed. */
const WORD_MS = 200
/** What the second peer's node asks: less than the others, so that it gets the first slot. */
const LOW_PRICE = '0.001'

let root: string
let model: OllamaTestServer
let peers: readonly DrivenProcess[] = []

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-streaming-'))
  model = await startWordModel(WORDS, WORD_MS)
  const seats = await planSeats(root, { count: PEERS })
  peers = seats.map(({ flags, ...seat }, at) => {
    const price = at === 1 ? { price: LOW_PRICE } : {}
    return startSeat({ ...seat, flags: { ...flags, providers: 'ollama', ollamaUrl: model.url, ...price } })
  })
  await Promise.all(peers.map((peer) => peer.ready))
  for (const peer of peers) await untilJobsRun(peer, seats, PEERS - 1)
})

afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.stop('SIGKILL')))
  await model.close()
  await rm(root, { recursive: true, force: true })
})

async function urlOf(at: number): Promise<string> {
  const peer = peers[at]
  if (peer === undefined) throw new RangeError(`no peer ${at}`)
  return (await peer.ready).url
}

it('the command line prints an answer as it comes, then what came of it', async () => {
  const args = ['run', 'Tell me twenty words', '--stream', '--replicas', '2', '--api', await urlOf(0)]
  const { code, stdout } = await runCommand(args)
  expect(code).toBe(EXIT.ok)
  const answer = WORDS.join('')
  expect(stdout.startsWith(`${answer}\n`)).toBe(true)
  expect(stdout.slice(answer.length)).toContain('status      completed')
})

it('an answer begins anew where its runner is killed, and only the payer’s peer tells it', async () => {
  const [payer, other] = [connect(await urlOf(0)), connect(await urlOf(2))]
  const { id } = await payer.submitJob({ body: { prompt: 'Tell me twenty words again', replicas: 2 } })
  const news: AnswerNews[] = []
  const elsewhere: AnswerNews[] = []
  let isKilled = false
  const listen = (one: AnswerNews): void => {
    news.push(one)
    if (isKilled || one.type !== 'tokens' || one.at === 0) return
    isKilled = true
    peers[1]?.signal('SIGKILL')
  }
  const [job] = await Promise.all([
    watchJob(payer, id, () => undefined, listen),
    watchJob(
      other,
      id,
      () => undefined,
      (one) => elsewhere.push(one),
    ),
  ])
  expect(job).toMatchObject({ status: 'completed', output: WORDS.join('') })
  const reset = news.findIndex(({ type }) => type === 'reset')
  expect(news[reset]).toEqual({ type: 'reset', rank: 1 })
  const textOf = (some: readonly AnswerNews[]) =>
    some.reduce((text, one) => (one.type === 'tokens' ? text.slice(0, one.at) + one.text : ''), '')
  expect(job.output?.startsWith(textOf(news.slice(0, reset)))).toBe(true)
  expect(textOf(news)).toBe(job.output)
  expect(elsewhere).toEqual([])

  // Whichever peer is asked why, it computes all of it again.
  for (const at of [0, 2]) {
    const args = ['explain', id, '--api', await urlOf(at)]
    const { code, stdout } = await runCommand(args)
    expect(code).toBe(EXIT.ok)
    expect(stdout).toMatch(/slot 0: .+ took over from birch .+: seen at work, no answer in \d of \d seals/)
    expect(stdout).toMatch(/^blame .+ birch .+ did not answer in time; somebody else was asked/m)
    expect(stdout).toMatch(/step 1 {4}close, by \d witnesses of epoch 0/)
    expect(stdout).toContain('verified    yes')
    const document: JobDecision = JSON.parse((await runCommand([...args, '--json'])).stdout)
    expect(document).toMatchObject({
      job_id: id,
      verified: true,
      charged: job.charged,
      refunded: job.refunded,
    })
    const checks = document.steps.flatMap((step) => step.checks)
    expect(checks.filter(({ holds }) => holds === false)).toEqual([])
    expect(checks).toContainEqual({ what: 'verdict', holds: true })
  }
})
