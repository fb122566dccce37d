import type { Command } from 'commander'
import { LOG_LINES_MAX, type Logs } from '../../protocol/api/control-schema.ts'
import { type ApiFlags, isGone, type PeerClient } from './api.ts'
import { printable } from './move-text.ts'
import { print, say } from './output.ts'
import { controlOptions, reachControl } from './reach.ts'
import { wholeNumber } from './run.ts'

interface LogFlags extends Pick<ApiFlags, 'data' | 'json'> {
  readonly follow?: boolean
  readonly lines: number
}

const LINES_DEFAULT = 100
const WAIT_MS = 30_000

/** `logs`: what the running peer keeps of its log. */
export function addLogs(program: Command): void {
  const command = program
    .command('logs')
    .description('show the newest log lines of the running peer; with --json one object a line')
    .option('-f, --follow', 'go on until Ctrl-C or until the peer ends')
    .option('-n, --lines <number>', `how many lines, at most ${LOG_LINES_MAX}`, wholeNumber, LINES_DEFAULT)
  controlOptions(command).action(async ({ follow, lines, json, ...flags }: LogFlags) => {
    const client = await reachControl(flags)
    // None are shown, and yet following goes on from the newest.
    const first = await client.getLogs({ query: { limit: Math.min(Math.max(lines, 1), LOG_LINES_MAX) } })
    if (lines > 0) show(first, json)
    if (follow === true) await followLogs(client, first.last, json)
  })
}

async function followLogs(client: PeerClient, from: number, json: boolean | undefined): Promise<void> {
  for (let after = from; ; ) {
    const query = { after, wait_ms: WAIT_MS, limit: LOG_LINES_MAX }
    const page = await client.getLogs({ query }).catch((error: unknown) => {
      if (isGone(error)) return undefined
      throw error
    })
    if (page === undefined) return say('the peer has ended')
    if (page.missed > 0) say(`${page.missed} lines came too fast to be kept here`)
    show(page, json)
    after = page.last
  }
}

function show({ items }: Logs, json: boolean | undefined): void {
  for (const item of items) print(json === true ? JSON.stringify(item) : textOf(item))
}

/** What others said may be in a line, so nothing of it reaches the terminal as a command. */
function textOf({ at, level, message, context }: Logs['items'][number]): string {
  const rest = Object.keys(context).length === 0 ? '' : ` ${JSON.stringify(context)}`
  return printable(`${at} ${level.padEnd(5)} ${message}${rest}`)
}
