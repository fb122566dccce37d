import type { Command } from 'commander'
import { CREDIT_SENTENCE } from '../../protocol/api/credits.ts'
import { type ApiFlags, connect } from './api.ts'
import { type MoveFlags, moveOptions, runMove } from './move.ts'
import { print, printJson } from './output.ts'
import { apiOptions } from './run.ts'

/** `wallet`: what this peer's account holds, and sending some of it. */
export function addWallet(program: Command): void {
  const wallet = program.command('wallet').description("this peer's account: balance, sending")
  const list = wallet
    .command('list', { isDefault: true })
    .description('show what the account holds and what a credit is')
  apiOptions(list).action(listWallet)
  const send = wallet
    .command('send')
    .description("send credits of this peer's account; needs the API key")
    .argument('<to>', 'id of the account that gets them')
    .argument('<amount>', 'credits, such as 1.5; at least 0.01')
  moveOptions(send, { withKey: true }).action((to: string, amount: string, flags: MoveFlags) =>
    runMove(flags, { withKey: true }, (client, { query, memo, options }) =>
      client.transferCredits({ query, body: { to, amount, ...memo } }, options),
    ),
  )
}

async function listWallet({ api, json }: ApiFlags): Promise<void> {
  const client = connect(api)
  const self = await client.getSelf()
  const params = { account_type: 'node', account_id: self.peer_id } as const
  const account = await client.getAccount({ params })
  if (json === true) return printJson({ about: CREDIT_SENTENCE, accounts: [account] })
  const rows = [
    ['account', account.account_id],
    ['to spend', `${account.spendable} credits (${account.free} free, ${account.claimable} to be claimed)`],
    ['set aside', `${account.escrowed} credits in open jobs`],
    ['entries', `${account.seq} certified${account.head === null ? '' : `, the newest is ${account.head}`}`],
  ]
  print([...rows.map(([label = '', text = '']) => label.padEnd(11) + text), '', CREDIT_SENTENCE].join('\n'))
}
