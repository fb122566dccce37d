import type { Command } from 'commander'
import type { JobSummary } from '../../protocol/api/job-schema.ts'
import type { ApiFlags } from './api.ts'
import { print, printJson } from './output.ts'
import { apiOptions, reachPeer } from './reach.ts'
import { wholeNumber } from './run.ts'

interface JobsFlags extends ApiFlags {
  readonly limit: number
  readonly cursor?: string
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
  apiOptions(command).action(async ({ json, limit, cursor, ...flags }: JobsFlags) => {
    const client = await reachPeer(flags)
    const page = await client.listJobs({
      query: { limit, ...(cursor === undefined ? {} : { cursor }) },
    })
    if (json === true) return printJson(page)
    print(
      page.items.length === 0
        ? 'No jobs yet: submit one with "hyperlooms run".'
        : page.items.map(lineOf).join('\n'),
    )
    if (page.next_cursor !== null) print(`more with --cursor ${page.next_cursor}`)
  })
}

function lineOf({ id, status, created_at: at, charged, prompt_preview: prompt }: JobSummary): string {
  const text = (prompt ?? '(not readable here)').replace(/\s+/g, ' ').slice(0, PROMPT_CHARACTERS)
  return `${at}  ${status.padEnd(10)}  ${(charged ?? '-').padStart(8)}  ${id.slice(0, 12)}  ${text}`
}
