import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EntryId } from '../../protocol/ids.ts'
import type { CommandResult } from '../../protocol/peer/command.ts'
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
  return { move: createMoves(backend), backend, answers }
}

function signed(byte: number): CommandResult {
  const entry: EntryId = digestNamed(byte)
  return { ok: true, type: 'entry', entry, source: entry }
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
})
