import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Batch } from '../../protocol/api/batch-schema.ts'
import type { ApiFlags, PeerClient } from './api.ts'
import { EXIT } from './exit-codes.ts'
import { CommandError, print, printJson, say } from './output.ts'
import { apiOptions, reachPeer } from './reach.ts'
import { choicesOf, type JobFlags, jobOptions } from './run.ts'

/** A batch takes minutes: a person sees no difference. */
const LOOK_MS = 1_000

interface BatchFlags extends ApiFlags, JobFlags {
  readonly wait: boolean
}

/** `batch`: many prompts at once, or how an earlier batch stands. */
export function addBatch(program: Command): void {
  const command = program.command('batch').description('submit many prompts under one configuration')
  const submit = command
    .command('submit')
    .description('submit a prompt for each line, and print the answers as JSON Lines in their order')
    .argument('[file]', 'one prompt a line: plain, or as a JSON string; "-" or nothing reads standard input')
    .option('--no-wait', 'print the id of the batch and end')
  apiOptions(jobOptions(submit)).action(submitBatch)
  const status = command
    .command('status')
    .description('show how far a batch is')
    .argument('<id>', 'id of the batch')
  apiOptions(status).action(async (id: string, flags: ApiFlags) => {
    const batch = await (await reachPeer(flags)).getBatch({ params: { id } })
    if (flags.json === true) return printJson(batch)
    print(progressOf(batch))
  })
  const results = command
    .command('results')
    .description('print the answers of a batch as JSON Lines, as far as there are any')
    .argument('<id>', 'id of the batch')
  apiOptions(results).action(async (id: string, flags: ApiFlags) => printResults(await reachPeer(flags), id))
}

async function submitBatch(file: string | undefined, flags: BatchFlags): Promise<void> {
  const client = await reachPeer(flags)
  const input = file === undefined || file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')
  const prompts = promptsIn(input)
  const { idempotencyKey: key } = flags
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key }
  const { id } = await client.submitBatch({ body: { prompts, ...choicesOf(flags) } }, { headers })
  if (!flags.wait) return print(id)
  say(`batch ${id}`)
  const batch = await untilDone(client, id)
  await printResults(client, id)
  process.exitCode = batch.counts.completed === batch.total ? EXIT.ok : EXIT.notCompleted
}

/** A prompt of several lines is written as a JSON string. */
function promptsIn(input: string): string[] {
  const lines = input.split(/\r?\n/).filter((line) => line.trim() !== '')
  if (lines.length === 0) throw new CommandError('There is no prompt: give one a line.', EXIT.usage)
  return lines.map((line, at) => {
    if (!line.startsWith('"')) return line
    const prompt = parse(line)
    if (typeof prompt === 'string') return prompt
    throw new CommandError(`Prompt ${at + 1} begins like a JSON string and is none.`, EXIT.usage)
  })
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

async function untilDone(client: PeerClient, id: string): Promise<Batch> {
  let told = ''
  for (;;) {
    const batch = await client.getBatch({ params: { id } })
    const line = progressOf(batch)
    if (line !== told) say(line)
    told = line
    if (batch.done === batch.total) return batch
    await pause(LOOK_MS)
  }
}

async function printResults(client: PeerClient, id: string): Promise<void> {
  for (const line of await client.getBatchResults({ params: { id } })) print(JSON.stringify(line))
}

function progressOf({ done, total, counts, charged }: Batch): string {
  const states = Object.entries(counts).filter(([, count]) => count > 0)
  return `${done} of ${total} done, ${charged} credits: ${states.map(([status, count]) => `${count} ${status}`).join(', ')}`
}
