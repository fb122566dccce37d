import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { openLexicon } from '../../protocol/verification/lexicon.ts'
import { judgeAnswers } from '../../protocol/verification/verdict.ts'
import type { Answer } from '../../protocol/verification/verdict.ts'
import { createComputePool } from './compute-pool.ts'
import type { ComputePool, ComputePoolOptions } from './compute-pool.ts'

const LEXICON_PATH = fileURLToPath(
  new URL('../../protocol/verification/tables/lexicon-1.json', import.meta.url),
)

function answersOf(...texts: readonly string[]): Answer[] {
  return texts.map((text, slot) => ({ slot, text, voter: `operator-${slot}`, trust: 600_000 }))
}

const TRUTH = 'Bees are essential to agriculture.'
const ANSWERS = answersOf(TRUTH, TRUTH, 'Bees are not essential to agriculture.')

/** A thread that does as it is told instead of judging; the first answer's text comes back as the verdict. */
function scripted(onTask: string): URL {
  const script = `
    import { parentPort, threadId } from 'node:worker_threads'
    parentPort.on('message', ({ answers: [{ text }], comparator }) => {
      const reply = () => parentPort.postMessage({ ok: true, verdict: text })
      ${onTask}
    })`
  return new URL(`data:text/javascript,${encodeURIComponent(script)}`)
}

const HANGS = scripted('')
const DIES_OF_EXACT = scripted(`comparator === 'exact' ? process.exit(1) : reply()`)
const THROWS_OF_EXACT = scripted(`if (comparator === 'exact') throw new Error('broken')
  reply()`)
const SPINS = scripted('for (;;);')

let pool: ComputePool | undefined
afterEach(async () => {
  await pool?.close()
  pool = undefined
})

function open(options: Partial<ComputePoolOptions> = {}): ComputePool {
  pool = createComputePool({ lexiconPath: LEXICON_PATH, size: 1, ...options })
  return pool
}

describe('the compute pool', () => {
  it('judges as the protocol does', async () => {
    const lexicon = openLexicon(readFileSync(LEXICON_PATH))
    const expected = judgeAnswers(ANSWERS, { comparator: 'auto', lexicon })
    expect(expected).toMatchObject({ agreement: 'majority' })
    expect(await open().judge(ANSWERS, 'auto')).toEqual(expected)
  })

  it('tells a mistake of the caller by its code and goes on', async () => {
    const { judge } = open()
    await expect(judge([], 'auto')).rejects.toMatchObject({ name: 'ComputeError', code: 'no_answers' })
    await expect(judge([...ANSWERS, ...ANSWERS], 'auto')).rejects.toMatchObject({ code: 'duplicate_slot' })
    expect(await judge(ANSWERS, 'auto')).toMatchObject({ agreement: 'majority' })
  })

  it.each([1, 3])('works tasks off on %i threads, each with its own result', async (size) => {
    const { judge } = open({ size, script: scripted('reply()') })
    const texts = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    expect(await Promise.all(texts.map((text) => judge(answersOf(text), 'auto')))).toEqual(texts)
  })

  it('uses as many threads as it may', async () => {
    // Each thread answers once only, so three tasks need three of them.
    const once = scripted(`reply(); parentPort.removeAllListeners('message'); parentPort.ref()`)
    const { judge } = open({ size: 3, script: once })
    const tasks = ['a', 'b', 'c'].map((text) => judge(answersOf(text), 'auto'))
    expect(await Promise.all(tasks)).toEqual(['a', 'b', 'c'])
  })

  it('keeps a thread for the next task', async () => {
    const { judge } = open({ script: scripted('parentPort.postMessage({ ok: true, verdict: threadId })') })
    const first = await judge(ANSWERS, 'auto')
    expect(first).toBeTypeOf('number')
    expect(await judge(ANSWERS, 'auto')).toBe(first)
  })

  it('bounds what waits', async () => {
    const { judge, close } = open({ queueMax: 2, script: HANGS })
    const accepted = Array.from({ length: 3 }, () => judge(ANSWERS, 'auto'))
    const ends = Promise.allSettled(accepted)
    await expect(judge(ANSWERS, 'auto')).rejects.toMatchObject({ code: 'queue_full' })
    await close()
    for (const end of await ends) expect(end).toMatchObject({ reason: { code: 'pool_closed' } })
  })

  it.each([
    ['dies', DIES_OF_EXACT],
    ['throws', THROWS_OF_EXACT],
  ])('replaces a thread that %s', async (_, script) => {
    const { judge } = open({ script })
    const before = judge(answersOf('before'), 'auto')
    const fatal = judge(answersOf('fatal'), 'exact')
    const after = judge(answersOf('after'), 'auto')
    expect(await before).toBe('before')
    await expect(fatal).rejects.toMatchObject({ code: 'worker_failed' })
    expect(await after).toBe('after')
  })

  it('ends a thread that takes too long', async () => {
    const { judge } = open({ script: SPINS, taskTimeoutMs: 20 })
    await expect(judge(ANSWERS, 'auto')).rejects.toMatchObject({ code: 'worker_timeout' })
  })

  it('fails each task while its tables are missing', async () => {
    const { judge } = open({ lexiconPath: `${LEXICON_PATH}.missing` })
    const missing = { code: 'worker_failed', cause: { code: 'ENOENT' } }
    await expect(judge(ANSWERS, 'auto')).rejects.toMatchObject(missing)
    await expect(judge(ANSWERS, 'auto')).rejects.toMatchObject(missing)
  })

  it('takes nothing more once it is closed', async () => {
    const { judge, close } = open({ script: SPINS })
    const [end] = await Promise.all([Promise.allSettled([judge(ANSWERS, 'auto')]), close()])
    expect(end).toMatchObject([{ reason: { code: 'pool_closed' } }])
    await expect(judge(ANSWERS, 'auto')).rejects.toMatchObject({ code: 'pool_closed' })
    await close()
  })
})
