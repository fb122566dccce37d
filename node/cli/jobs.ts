import { type Command, InvalidArgumentError, Option } from 'commander'
import { type JobStatusName, type JobSummary, SHOWN_STATUSES } from '../../protocol/api/job-schema.ts'
import type { ApiFlags } from './api.ts'
import { print, printJson } from './output.ts'
import { apiOptions, reachPeer } from './reach.ts'
import { wholeNumber } from './run.ts'

interface JobsFlags extends ApiFlags {
  readonly limit: number
  readonly cursor?: string
  readonly status?: JobStatusName
  readonly model?: string
  readonly node?: string
  readonly label?: string
  readonly from?: string
  readonly to?: string
}

const LIMIT_DEFAULT = 20
const PROMPT_CHARACTERS = 48

/** `jobs`: the peer's list, newest first. */
export function addJobs(program: Command): void {
  const command = program
    .command('jobs')
    .description('list jobs, newest first')
    .option('--limit <number>', 'most jobs to list', wholeNumber, LIMIT_DEFAULT)
    .option('--cursor <cursor>', 'where an earlier list ended')
    .addOption(new Option('--status <status>', 'only those that stand so').choices(SHOWN_STATUSES))
    .option('--model <name>', 'only those that ran it')
    .option('--node <peer>', 'only those that it was elected for')
    .option('--label <text>', 'only those with this label')
    .option('--from <time>', 'heard of then or later, e.g. 2026-01-31 or 2026-01-31T08:00Z', time)
    .option('--to <time>', 'heard of then or earlier', time)
  apiOptions(command).action(async (given: JobsFlags) => {
    const { json, limit, cursor, status, model, node, label, from, to, ...flags } = given
    const client = await reachPeer(flags)
    const filters = {
      ...(cursor === undefined ? {} : { cursor }),
      ...(status === undefined ? {} : { status }),
      ...(model === undefined ? {} : { model }),
      ...(node === undefined ? {} : { node }),
      ...(label === undefined ? {} : { label }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    }
    const page = await client.listJobs({ query: { ...filters, limit } })
    if (json === true) return printJson(page)
    // They have a list of their own, since they leave it one after another.
    const isWhole = status === undefined && cursor === undefined && node === undefined
    const waiting = isWhole
      ? await client.listJobs({ query: { ...filters, limit, status: 'queued' } })
      : undefined
    const items = [...(waiting?.items ?? []), ...page.items]
    print(
      items.length === 0 ? 'No jobs yet: submit one with "hyperlooms run".' : items.map(lineOf).join('\n'),
    )
    if (waiting !== undefined && waiting.next_cursor !== null)
      print(`more that wait with --status queued --cursor ${waiting.next_cursor}`)
    if (page.next_cursor !== null) print(`more with --cursor ${page.next_cursor}`)
  })
}

function time(value: string): string {
  const ms = Date.parse(value)
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It must be a date or a time.')
  return new Date(ms).toISOString()
}

function lineOf({ id, status, created_at: at, charged, prompt_preview: prompt }: JobSummary): string {
  const text = (prompt ?? '(not readable here)').replace(/\s+/g, ' ').slice(0, PROMPT_CHARACTERS)
  return `${at}  ${status.padEnd(10)}  ${(charged ?? '-').padStart(8)}  ${id.slice(0, 12)}  ${text}`
}
