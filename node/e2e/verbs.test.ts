import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Batch, BatchLine } from '../../protocol/api/batch-schema.ts'
import type { DryRunAnswer } from '../../protocol/api/dry-run-schema.ts'
import type { Job, JobSummary } from '../../protocol/api/job-schema.ts'
import { poll } from '../swarm/poll.ts'
import { codeOf, run as runCommand, type Run, start, untilSaid } from './command.ts'

/** Thirty jobs of one small peer, a kill in their midst. */
const WAIT_MS = 90_000
const UP = ['up', '--api-port', '0', '--web', 'false', '--providers', 'reference', '--accept-terms']

let home: string
let peer: ChildProcess

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hyperlooms-verbs-'))
  await up()
})
afterEach(async () => {
  await kill()
  await rm(home, { recursive: true, force: true })
})

async function up(): Promise<void> {
  peer = start(UP, { home })
  await untilSaid(peer, /The peer \S+ runs at/)
}

async function kill(): Promise<void> {
  peer.kill('SIGKILL')
  await codeOf(peer)
}

function run(...args: string[]): Promise<Run> {
  return runCommand(args, { home })
}

async function runJson<T>(...args: string[]): Promise<T> {
  const { out, err } = await run(...args, '--json')
  if (out === '') throw new Error(err)
  return JSON.parse(out) as T
}

const linesOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as BatchLine)

describe('the user’s verbs', () => {
  it('price a job without submitting it, find it by its label, and try it again', async () => {
    const answer = await runJson<DryRunAnswer>('run', 'What is 6 * 7?', '--replicas', '1', '--dry-run')
    expect(answer).toMatchObject({ dry_run: true, queue_position: 0 })
    expect(answer.would_elect).toHaveLength(1)
    expect((await runJson<{ items: JobSummary[] }>('jobs')).items).toEqual([])
    const wanted = ['run', 'What is 6 * 7?', '--replicas', '1', '--label', 'sums']
    const first = await runJson<Job>(...wanted, '--idempotency-key', 'one')
    expect(first).toMatchObject({ status: 'completed', label: 'sums' })
    expect(first.charged).toBe(answer.price_expected)
    const again = await runJson<Job>(...wanted, '--idempotency-key', 'one')
    expect(again.id).toBe(first.id)
    const retried = await runJson<Job>('retry', first.id)
    expect(retried).toMatchObject({ status: 'completed', retry_of: first.id, label: 'sums' })
    await run('run', 'What is 1 + 1?', '--replicas', '1')
    const ids = async (...args: string[]) =>
      (await runJson<{ items: JobSummary[] }>('jobs', ...args)).items.map(({ id }) => id)
    expect(await ids('--label', 'sums')).toEqual([retried.id, first.id])
    expect(await ids('--label', 'sums', '--to', first.created_at)).toEqual([first.id])
    expect(await ids('--from', retried.created_at, '--label', 'sums')).toEqual([retried.id])
    expect(await ids('--node', first.slots[0]?.node_id ?? '', '--status', 'completed')).toHaveLength(3)
    expect(await ids('--model', 'another')).toEqual([])
    expect(await ids('--status', 'void')).toEqual([])
  })

  it('have a batch answered once for each prompt, in order, though its peer is killed in its midst', async () => {
    const prompts = Array.from({ length: 30 }, (_, at) => `What is ${at} + 1?`)
    const file = join(home, 'prompts')
    await writeFile(file, prompts.join('\n'))
    const submitted = await run(
      'batch',
      'submit',
      file,
      '--replicas',
      '1',
      '--no-wait',
      '--idempotency-key',
      'night',
    )
    const id = submitted.out.trim()
    expect(id, submitted.err).toMatch(/^[0-9a-f]{64}$/)
    const midst = await poll(
      async () => {
        const batch = await runJson<Batch>('batch', 'status', id)
        return batch.done > 0 ? batch : undefined
      },
      { timeoutMs: WAIT_MS },
    )
    expect(midst?.done).toBeGreaterThan(0)
    await kill()
    await up()
    const whole = await run('batch', 'submit', file, '--replicas', '1', '--idempotency-key', 'night')
    expect({ code: whole.code, err: whole.err.split('\n')[0] }).toEqual({ code: 0, err: `batch ${id}` })
    const lines = linesOf(whole.out)
    expect(lines.map(({ index }) => index)).toEqual(prompts.map((_, at) => at))
    expect(new Set(lines.map(({ id: job }) => job)).size).toBe(prompts.length)
    lines.forEach(({ output, index }) => expect(output).toContain(String(index + 1)))
    // Nothing was opened twice.
    const { items } = await runJson<{ items: JobSummary[] }>('jobs', '--limit', '100')
    expect(items.filter(({ status }) => status === 'completed')).toHaveLength(prompts.length)
    expect(linesOf((await run('batch', 'results', id)).out)).toEqual(lines)
  })
})
