import { text } from 'node:stream/consumers'
import { type Command, InvalidArgumentError } from 'commander'
import type { Job } from '../../protocol/api/job-schema.ts'
import { createAnswerStream } from './answer-stream.ts'
import type { ApiFlags, PeerClient } from './api.ts'
import { describeDryRun } from './dry-run-text.ts'
import { EXIT } from './exit-codes.ts'
import { describeJob, queueLine, timelineLines } from './job-text.ts'
import { print, printJson, say } from './output.ts'
import { apiOptions, reachPeer } from './reach.ts'
import { watchJob } from './watch-job.ts'

/** What a person may choose for a job, or for all of a batch. */
export interface JobFlags {
  readonly model?: string
  readonly replicas?: number
  readonly maxPrice?: string
  readonly public?: boolean
  readonly priority?: number
  readonly label?: string
  readonly deadline?: number
  readonly idempotencyKey?: string
}

/** How the way of a job is told. */
interface FollowFlags extends ApiFlags {
  readonly stream?: boolean
}

interface RunFlags extends FollowFlags, JobFlags {
  readonly dryRun?: boolean
}

const MS_PER_SECOND = 1_000

export function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(value)
}

export function jobOptions(command: Command): Command {
  return command
    .option('--model <name>', 'a model that the swarm offers (default: the one most offered)')
    .option('--replicas <number>', 'how many nodes answer independently', wholeNumber)
    .option('--max-price <credits>', 'highest price of one replica')
    .option('--public', 'every member of the swarm may read it')
    .option(
      '--priority <0-9>',
      'where the swarm is full, the most urgent goes first (default: 0)',
      wholeNumber,
    )
    .option('--label <text>', 'what to find it by: "hyperlooms jobs --label ..."')
    .option('--deadline <seconds>', 'cancel it after so long, unless it has ended', wholeNumber)
    .option('--idempotency-key <key>', 'repeated under the same key it is submitted once')
}

export function choicesOf(flags: JobFlags) {
  const { model, replicas, maxPrice, priority, label, deadline } = flags
  return {
    ...(model === undefined ? {} : { model }),
    ...(replicas === undefined ? {} : { replicas }),
    ...(maxPrice === undefined ? {} : { max_price: maxPrice }),
    ...(flags.public === true ? { visibility: 'public' as const } : {}),
    ...(priority === undefined ? {} : { priority }),
    ...(label === undefined ? {} : { label }),
    ...(deadline === undefined ? {} : { deadline_ms: deadline * MS_PER_SECOND }),
  }
}

/** `run`: submits a prompt and waits for its answer. */
export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('submit a prompt and wait for the verified answer; elected peers and witnesses read it')
    .argument('[prompt]', 'the text to answer; "-" or nothing reads it from standard input')
    .option('--dry-run', 'only say what it would cost and who would be elected')
    .option('--stream', 'show one node’s answer as it comes, before it is compared with the others')
  apiOptions(jobOptions(command)).action(run)
}

async function run(argument: string | undefined, flags: RunFlags): Promise<void> {
  const client = await reachPeer(flags)
  const prompt = argument === undefined || argument === '-' ? await text(process.stdin) : argument
  const body = { prompt, ...choicesOf(flags) }
  if (flags.dryRun === true) {
    const answer = await client.priceJob(body)
    return flags.json === true ? printJson(answer) : print(describeDryRun(answer))
  }
  const { idempotencyKey: key } = flags
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key }
  await followJob(client, await client.submitJob({ body }, { headers }), flags)
}

/** Waits for the end of a job that was submitted just now, telling what happens meanwhile. */
export async function followJob(
  client: PeerClient,
  submitted: Job,
  { json, stream: isStreamed }: FollowFlags,
): Promise<void> {
  const stream = isStreamed === true && json !== true ? createAnswerStream() : undefined
  let told = 0
  let toldId = submitted.id
  let place = ''
  const onChange = (state: Job) => {
    if (json === true) return
    // As a new job, a submission has a story of its own.
    if (state.id !== toldId) told = 0
    toldId = state.id
    const line = queueLine(state)
    if (line !== null && line !== place) say(line)
    place = line ?? place
    const lines = timelineLines(state)
    // Between the pieces of an answer its lines would only be in the way.
    if (stream?.isShowing !== true) lines.slice(told).forEach(say)
    told = Math.max(told, lines.length)
  }
  const job = await watchJob(client, submitted.id, onChange, stream?.take)
  stream?.end(job)
  if (json === true) printJson(job)
  else print(describeJob(job))
  process.exitCode = job.status === 'completed' ? EXIT.ok : EXIT.notCompleted
}
