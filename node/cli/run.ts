import { text } from 'node:stream/consumers'
import { type Command, InvalidArgumentError } from 'commander'
import type { Job } from '../../protocol/api/job-schema.ts'
import { createAnswerStream } from './answer-stream.ts'
import type { ApiFlags } from './api.ts'
import { EXIT } from './exit-codes.ts'
import { describeJob, timelineLines } from './job-text.ts'
import { print, printJson, say } from './output.ts'
import { apiOptions, reachPeer } from './reach.ts'
import { watchJob } from './watch-job.ts'

interface RunFlags extends ApiFlags {
  readonly model?: string
  readonly replicas?: number
  readonly maxPrice?: string
  readonly public?: boolean
  readonly stream?: boolean
}

export function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(value)
}

/** `run`: submits a prompt and waits for its answer. */
export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('submit a prompt and wait for the verified answer; elected peers and witnesses read it')
    .argument('[prompt]', 'the text to answer; "-" or nothing reads it from standard input')
    .option('--model <name>', 'a model that the swarm offers (default: the one most offered)')
    .option('--replicas <number>', 'how many nodes answer independently', wholeNumber)
    .option('--max-price <credits>', 'highest price of one replica')
    .option('--public', 'every member of the swarm may read it')
    .option('--stream', 'show one node’s answer as it comes, before it is compared with the others')
  apiOptions(command).action(run)
}

async function run(argument: string | undefined, flags: RunFlags): Promise<void> {
  const client = await reachPeer(flags)
  const prompt = argument === undefined || argument === '-' ? await text(process.stdin) : argument
  const submitted = await client.submitJob({
    body: {
      prompt,
      ...(flags.model === undefined ? {} : { model: flags.model }),
      ...(flags.replicas === undefined ? {} : { replicas: flags.replicas }),
      ...(flags.maxPrice === undefined ? {} : { max_price: flags.maxPrice }),
      ...(flags.public === true ? { visibility: 'public' as const } : {}),
    },
  })
  const stream = flags.stream === true && flags.json !== true ? createAnswerStream() : undefined
  let told = 0
  const onChange = (state: Job) => {
    const lines = timelineLines(state)
    // Between the pieces of an answer its lines would only be in the way.
    if (flags.json !== true && stream?.isShowing !== true) lines.slice(told).forEach(say)
    told = Math.max(told, lines.length)
  }
  const job = await watchJob(client, submitted.id, onChange, stream?.take)
  stream?.end(job)
  if (flags.json === true) printJson(job)
  else print(describeJob(job))
  process.exitCode = job.status === 'completed' ? EXIT.ok : EXIT.notCompleted
}
