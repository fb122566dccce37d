import type { Command } from 'commander'
import { CREDIT_SENTENCE } from '../../protocol/api/credits.ts'
import { ApiError } from '../../protocol/api/client.ts'
import type { WalletResource } from '../../protocol/api/control-schema.ts'
import type { ApiFlags, PeerClient } from './api.ts'
import { type MoveFlags, moveOptions, runMove } from './move.ts'
import { print, printJson, say } from './output.ts'
import { apiOptions, controlOptions, reachControl, reachPeer } from './reach.ts'

const FORKED =
  'Two entries were signed with the key of this account for one place, as when two machines use one key. It ' +
  'stands still until "hyperlooms wallet resolve" settles that.'

/** `wallet`: what this peer's account holds, and sending some of it. */
export function addWallet(program: Command): void {
  const wallet = program.command('wallet').description("this peer's account: balance, sending")
  const list = wallet
    .command('list', { isDefault: true })
    .description('show what the account holds and what a credit is')
  apiOptions(list).action(listWallet)
  const create = wallet
    .command('new')
    .description('make a further key, which is an account of its own')
    .argument('<label>', 'what you call it')
  controlOptions(create).action(newWallet)
  const send = wallet
    .command('send')
    .description("send credits of this peer's account")
    .argument('<to>', 'id of the account that gets them')
    .argument('<amount>', 'credits, such as 1.5; at least 0.01')
  moveOptions(send).action((to: string, amount: string, flags: MoveFlags) =>
    runMove(flags, (client, { query, memo, options }) =>
      client.transferCredits({ query, body: { to, amount, ...memo } }, options),
    ),
  )
  const resolve = wallet.command('resolve').description('have the witnesses settle a fork of this account')
  apiOptions(resolve).action(resolveFork)
}

async function newWallet(label: string, flags: Pick<ApiFlags, 'data' | 'json'>): Promise<void> {
  const client = await reachControl(flags)
  const wallet = await client.createWallet({ body: { label } })
  if (flags.json === true) return printJson(wallet)
  print(`account ${wallet.account_id} (${wallet.label}): its key is in the data folder`)
  say('It can be paid. Sending from it is not possible yet: only the peer’s own account sends.')
}

async function resolveFork(flags: ApiFlags): Promise<void> {
  const client = await reachPeer(flags)
  const answer = await client.resolveFork()
  if (flags.json === true) return printJson(answer)
  print('requested: the account goes on once a quorum of witnesses has settled which entry counts')
}

async function listWallet({ json, ...flags }: ApiFlags): Promise<void> {
  const client = await reachPeer(flags)
  const self = await client.getSelf()
  const params = { account_type: 'node', account_id: self.peer_id } as const
  const account = await client.getAccount({ params })
  const further = await furtherKeys(client)
  if (json === true) return printJson({ about: CREDIT_SENTENCE, accounts: [account], further_keys: further })
  const rows = [
    ['account', account.account_id],
    ['to spend', `${account.spendable} credits (${account.free} free, ${account.claimable} to be claimed)`],
    ['set aside', `${account.escrowed} credits in open jobs`],
    ['entries', `${account.seq} certified${account.head === null ? '' : `, the newest is ${account.head}`}`],
    ...further.map(({ account_id: id, label, spendable }) => [
      'further',
      `${id}  ${spendable} credits  ${label}`,
    ]),
  ]
  if (account.forked) say(FORKED)
  print([...rows.map(([label = '', text = '']) => label.padEnd(11) + text), '', CREDIT_SENTENCE].join('\n'))
}

/** Keys beside the peer's own: told over the control socket alone, so none where the peer is reached at an address. */
async function furtherKeys(client: PeerClient): Promise<readonly WalletResource[]> {
  try {
    const wallets: WalletResource[] = []
    for (let cursor: string | undefined; ; ) {
      const { items, next_cursor: next } = await client.listWallets({
        query: cursor === undefined ? {} : { cursor },
      })
      wallets.push(...items.filter(({ is_default: isDefault }) => !isDefault))
      if (next === null) return wallets
      cursor = next
    }
  } catch (error) {
    if (error instanceof ApiError && error.status >= 400 && error.status < 500) return []
    throw error
  }
}
