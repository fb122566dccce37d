import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Digest, EntryId } from '../../protocol/ids.ts'
import type { CommandResult } from '../../protocol/peer/command.ts'
import { digestOfKey } from './api-keys.ts'
import { SERVER_LIMITS } from './limits.ts'
import { createMemoryBackend } from './memory-backend.ts'
import { createMoves } from './moves.ts'
import { digestNamed, third } from './sample-swarm.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const body = { to: third, amount: '1' }
const named = { query: {}, headers: { 'idempotency-key': 'k' } }

/** A mind that answers when the test says so. */
function build() {
  const backend = createMemoryBackend()
  const answers: ((result: CommandResult) => void)[] = []
  backend.command = () => {
    const { promise, resolve } = Promise.withResolvers<CommandResult>()
    answers.push(resolve)
    return promise
  }
  const stopping = new AbortController()
  return { move: createMoves(backend, stopping.signal), backend, answers, stopping }
}

function signed(byte: number): CommandResult {
  const entry: EntryId = digestNamed(byte)
  return { ok: true, type: 'entry', entry, source: entry }
}

/** As a request is remembered. */
function contentOf(route: string, amount: bigint): Digest {
  return digestOfKey([route, third, amount, ''].join('\n'))
}

function faultOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('an operation that waits for earlier ones', () => {
  it('says after a while that its outcome is unknown, and a repetition under its key is still the same one', async () => {
    const { move, answers } = build()
    const first = faultOf(move('transferCredits', body, named))
    await vi.advanceTimersByTimeAsync(SERVER_LIMITS.operationTimeoutMs)
    expect(await first).toMatchObject({ code: 'outcome_unknown' })
    const second = move('transferCredits', body, named)
    await vi.advanceTimersByTimeAsync(0)
    expect(answers).toHaveLength(1)
    answers[0]?.(signed(1))
    expect(await second).toMatchObject({ status: 'accepted', entry_id: digestNamed(1) })
  })

  it('may be asked again under its key once it was refused', async () => {
    const { move, answers } = build()
    const refused = faultOf(move('transferCredits', body, named))
    await vi.advanceTimersByTimeAsync(0)
    answers[0]?.({ ok: false, code: 'queue_full', detail: 'later' })
    expect(await refused).toMatchObject({ code: 'queue_full' })
    const again = move('transferCredits', body, named)
    await vi.advanceTimersByTimeAsync(0)
    answers[1]?.(signed(2))
    expect(await again).toMatchObject({ entry_id: digestNamed(2) })
  })

  it('gives up waiting for a certificate at the time it was given', async () => {
    const { move, answers, backend } = build()
    const answer = move('transferCredits', body, { query: { wait_ms: 500 }, headers: {} })
    await vi.advanceTimersByTimeAsync(0)
    answers[0]?.(signed(3))
    await vi.advanceTimersByTimeAsync(500)
    expect(await answer).toMatchObject({ status: 'accepted' })
    expect(backend.listeners.size).toBe(0)
  })

  it('says that its outcome is unknown when the server stops before it is signed', async () => {
    const { move, stopping } = build()
    const unanswered = faultOf(move('transferCredits', body, named))
    await vi.advanceTimersByTimeAsync(0)
    stopping.abort()
    expect(await unanswered).toMatchObject({
      code: 'outcome_unknown',
      detail: expect.stringContaining('stopping'),
    })
  })
})

it('an operation that a fork voided is told so, under its key as often as it is asked', async () => {
  const { move, answers, backend } = build()
  const entry: EntryId = digestNamed(4)
  const first = faultOf(move('transferCredits', body, named))
  await vi.advanceTimersByTimeAsync(0)
  backend.ledger.voided.add(entry)
  answers[0]?.(signed(4))
  expect(await first).toMatchObject({ code: 'operation_void', status: 409 })
  const content = vi.fn<(name: Digest) => void>()
  backend.ledger.request = (name) => {
    content(name)
    return Promise.resolve({ content: contentOf('transferCredits', 1_000_000n), entry })
  }
  expect(await faultOf(move('transferCredits', body, named))).toMatchObject({ code: 'operation_void' })
  expect(content).toHaveBeenCalledOnce()
  expect(answers).toHaveLength(1)
})
