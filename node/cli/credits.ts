import type { Command } from 'commander'
import { Option } from 'commander'
import { MOVEMENT_TYPES, type MovementType } from '../../protocol/jobs/movements.ts'
import type { ApiFlags } from './api.ts'
import { type MoveFlags, moveOptions, runMove } from './move.ts'
import { describeTransactions } from './move-text.ts'
import { print, printJson } from './output.ts'
import { apiOptions, reachPeer } from './reach.ts'
import { wholeNumber } from './run.ts'

interface HistoryFlags extends ApiFlags {
  readonly account?: string
  readonly type?: MovementType
  readonly job?: string
  readonly all?: boolean
  readonly limit: number
  readonly cursor?: string
}

const LIMIT_DEFAULT = 20

/** `credits`: what moved, and what only a minter or the treasury may do. */
export function addCredits(program: Command): void {
  const credits = program.command('credits').description('credits of the swarm: history, mint, reward, spend')
  addHistory(credits)
  addMoves(credits)
}

function addHistory(credits: Command): void {
  const history = credits
    .command('history', { isDefault: true })
    .description(
      "list final transactions, newest first; this peer's own unless another account or --all is given",
    )
    .option('--account <id>', 'only what moves credits of this account')
    .option('--all', 'of every account')
    .addOption(new Option('--type <type>', 'only of this type').choices(MOVEMENT_TYPES))
    .option('--job <id>', 'only what belongs to this job')
    .option('--limit <number>', 'most transactions to list', wholeNumber, LIMIT_DEFAULT)
    .option('--cursor <cursor>', 'where an earlier list ended')
  apiOptions(history).action(showHistory)
}

async function showHistory({
  json,
  limit,
  account,
  all,
  type,
  job,
  cursor,
  ...flags
}: HistoryFlags): Promise<void> {
  const client = await reachPeer(flags)
  const isOwn = account === undefined && all !== true && job === undefined
  const subject = isOwn ? (await client.getSelf()).peer_id : account
  const query = {
    limit,
    ...(subject === undefined ? {} : { account: subject }),
    ...(type === undefined ? {} : { type }),
    ...(job === undefined ? {} : { job }),
    ...(cursor === undefined ? {} : { cursor }),
  }
  const page = await client.listTransactions({ query })
  if (json === true) return printJson(page)
  print(describeTransactions(page.items))
  if (page.next_cursor !== null) print(`more with --cursor ${page.next_cursor}`)
}

function addMoves(credits: Command): void {
  const amountText = 'credits, such as 1.5; at least 0.01'
  const mint = credits
    .command('mint')
    .description('make new credits, if the charter names this peer as a minter')
  moveOptions(mint.argument('<to>', 'id of an account').argument('<amount>', amountText)).action(
    (to: string, amount: string, flags: MoveFlags) =>
      runMove(flags, (client, { query, memo, options }) =>
        client.mintCredits({ query, body: { to, amount, ...memo } }, options),
      ),
  )
  const reward = credits.command('reward').description('pay from the treasury, if this peer holds its key')
  moveOptions(reward.argument('<to>', 'id of an account').argument('<amount>', amountText)).action(
    (to: string, amount: string, flags: MoveFlags) =>
      runMove(flags, (client, { query, memo, options }) =>
        client.rewardCredits({ query, body: { to, amount, ...memo } }, options),
      ),
  )
  const spend = credits.command('spend').description("send credits of this peer's account to the treasury")
  moveOptions(spend.argument('<amount>', amountText)).action((amount: string, flags: MoveFlags) =>
    runMove(flags, (client, { query, memo, options }) =>
      client.spendCredits({ query, body: { amount, ...memo } }, options),
    ),
  )
}
