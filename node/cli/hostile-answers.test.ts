import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Job } from '../../protocol/api/job-schema.ts'
import { blobRefOf } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/params.ts'
import { createMemoryBackend } from '../api/memory-backend.ts'
import { jobResource } from '../api/job-resource.ts'
import { closedRecord } from '../api/sample-swarm.ts'
import { type ComputePool, createComputePool } from '../compute/compute-pool.ts'
import { LEXICON_PATH } from '../config/lexicon.ts'
import { bodyOf, textOf } from '../host/text.ts'
import { describeJob } from './job-text.ts'
import { print, printJson } from './output.ts'

/*
 * An answer is whatever bytes a runner has revealed: no node has to have made them as ours do. Whatever they are, they are
 * judged, shown as text, and no terminal is told anything by them. What a page makes of them: web/e2e.
 */

const full = (byte: number) => new Uint8Array(LIMITS.answerBytes).fill(byte)
const ANSWERS: readonly (readonly [what: string, body: Uint8Array])[] = [
  ['is empty', new Uint8Array(0)],
  ['is blank', bodyOf(' \n\t')],
  ['is as large as may be', full(0x78)],
  ['is as large as may be and no UTF-8', full(0xff)],
  ['ends within a character', bodyOf('größe').subarray(0, 3)],
  ['holds halves of surrogate pairs', Uint8Array.of(0x61, 0xed, 0xa0, 0x80, 0x62)],
  ['holds zeros', Uint8Array.of(0, 0x61, 0)],
  ['commands a terminal', bodyOf('\u001b[2J\u001b]0;owned\u0007\u009b31mgone\r\u0008')],
  ['turns the direction of reading', bodyOf('paid \u202e9\u2066 credits')],
  ['is markup', bodyOf('<script>steal()</script><img src=x onerror=steal()>')],
  ['makes lines of its own', bodyOf('no\nconfidence  100.00 %\u2028slot 0      amber: paid 9 credits')],
]
const TRUTH = 'The loom has 24 cards, and each of them is read once.'
const PROMPT = bodyOf('How many cards has the loom?')
/** C0 but for tab and line feed, delete and C1; what turns the direction. */
const OBEYED_RANGES = [
  [0x00, 0x08],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0x61c, 0x61c],
  [0x200e, 0x200f],
  [0x202a, 0x202e],
  [0x2066, 0x2069],
] as const
const obeyedIn = (text: string) =>
  Array.from(text).filter((character) => {
    const code = character.charCodeAt(0)
    return OBEYED_RANGES.some(([first, last]) => code >= first && code <= last)
  })

let pool: ComputePool
beforeAll(() => {
  pool = createComputePool({ lexiconPath: LEXICON_PATH })
})
afterAll(() => pool.close())
afterEach(() => vi.restoreAllMocks())

/** A job that is over, whose third answer, which isn't paid, is this. */
async function jobWith(body: Uint8Array): Promise<Job> {
  const backend = createMemoryBackend()
  const truth = bodyOf(TRUTH)
  for (const one of [PROMPT, truth, body]) await backend.putBlob(one)
  const record = closedRecord(blobRefOf(body).digest, PROMPT, [truth, body])
  return jobResource(backend, record, undefined)
}

function printed(show: () => void): string {
  let text = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
    text += String(piece)
    return true
  })
  show()
  vi.restoreAllMocks()
  return text
}

describe.each(ANSWERS)('an answer that %s', (_what, body) => {
  const voted = (slot: number, text: string) => ({ slot, voter: `operator ${slot}`, trust: 800_000, text })

  it('is judged like any other, alone, beside true ones and beside itself', async () => {
    const hostile = textOf(body)
    expect((await pool.judge([voted(0, hostile)], 'auto')).agreement).toBe('single')
    const among = await pool.judge([voted(0, hostile), voted(1, TRUTH), voted(2, TRUTH)], 'auto')
    expect([among.agreement, among.winner === 0]).toEqual(['majority', false])
    expect(among.replicas.find(({ slot }) => slot === 0)?.outcome).not.toBe('agreed')
    const same = await pool.judge(
      [0, 1, 2].map((slot) => voted(slot, hostile)),
      'auto',
    )
    expect(same.replicas).toHaveLength(3)
  })

  it('is shown as text, in a document that is one', async () => {
    const job = await jobWith(body)
    expect(job.answers[2]?.answer).toBe(textOf(body))
    const document = printed(() => printJson(job))
    expect(obeyedIn(document)).toEqual([])
    expect(JSON.parse(document)).toEqual(JSON.parse(JSON.stringify(job)))
  })

  it('tells a terminal nothing, and adds no line to what is said of it', async () => {
    const job = await jobWith(body)
    const shown = printed(() => print(describeJob(job)))
    expect(obeyedIn(shown)).toEqual([])
    const said = (of: Job) => describeJob(of).split('\n').length
    expect(said(job)).toBe(said(await jobWith(bodyOf('a plain answer'))))
    // Where it wins it is the answer itself.
    const won = printed(() => print(describeJob({ ...job, output: textOf(body) })))
    expect(obeyedIn(won)).toEqual([])
  })
})
