import { type Command, InvalidArgumentError } from 'commander'
import type { AcceptedAnswer, OrderRequest } from '../../../protocol/api/epoch-schema.ts'
import type { ApiFlags, PeerClient } from '../api.ts'
import { print, printJson, say } from '../output.ts'
import { controlOptions, reachControl } from '../reach.ts'
import { wholeNumber } from '../run.ts'
import { describeEpoch, describeOrder, namesOf, othersOf } from './change-text.ts'
import { follow, giveOrder, type OrderFlags, orderOptions, showEnd } from './give-order.ts'

/** Verbs that change who keeps a swarm running, and by which figures. */
export function addEpoch(swarm: Command): void {
  addPromote(swarm)
  addAccept(swarm)
  const epoch = swarm.command('epoch').description('the current epoch, and what is ordered for the next one')
  const show = epoch
    .command('show', { isDefault: true })
    .description('witnesses, operators and figures, and who has yet to sign or to agree to an order')
    .option('--number <epoch>', 'a past epoch', wholeNumber)
  controlOptions(show).action(async (flags: ApiFlags & { readonly number?: number }) => {
    const { number } = flags
    const query = number === undefined ? {} : { query: { number } }
    const seen = await (await reachControl(flags)).getEpoch(query)
    if (flags.json === true) printJson(seen)
    else print(describeEpoch(seen))
  })
  addOrder(epoch)
}

function addPromote(swarm: Command): void {
  const promote = swarm
    .command('promote')
    .description('make members witnesses; takes as many operators as the swarm asks for')
    .argument(
      '<peer...>',
      'ids or labels; each runs "swarm accept", unless it was started with --accept-witness',
    )
    .option('--replace <peer...>', 'witnesses that stop being any, in the same change')
  orderOptions(promote).action(
    (add: readonly string[], flags: OrderFlags & { readonly replace?: readonly string[] }) =>
      order(flags, { add: [...add], remove: [...(flags.replace ?? [])] }),
  )
  const demote = swarm
    .command('demote')
    .description('take witnesses out, running or not; they stay members')
    .argument('<peer...>', 'ids or labels')
  orderOptions(demote).action((remove: readonly string[], flags: OrderFlags) =>
    order(flags, { remove: [...remove] }),
  )
}

async function order(flags: OrderFlags, body: OrderRequest): Promise<void> {
  const client = await reachControl(flags)
  const ask = (confirmed: boolean) => client.orderEpoch({ body: { ...body, confirmed } })
  await giveOrder(client, flags, { first: await ask(flags.yes === true), confirm: () => ask(true) })
}

function addAccept(swarm: Command): void {
  const accept = swarm
    .command('accept')
    .description('agree that this peer becomes a witness, where an order names it')
    .option('--no-wait', "don't wait until it is decided")
  controlOptions(accept).action(async (flags: OrderFlags) => {
    const client = await reachControl(flags)
    const answer = await client.acceptEpoch()
    const { kind, number, orders } = answer
    if (kind === 'unchanged') {
      if (flags.json === true) return printJson(answer)
      return print(`Nothing to do: this peer witnesses in epoch ${number}, and no order names it.`)
    }
    if (flags.json !== true) for (const one of orders) say(describeOrder(one))
    const agreed = await describeAgreed(client, orders)
    if (!flags.wait) return flags.json === true ? printJson(answer) : print(agreed)
    say(agreed)
    showEnd(await follow(client, { number, nexts: orders.map(({ next }) => next) }), answer, flags)
  })
}

/** Whoever isn't a witness yet hears of the others' agreeing with the decision alone. */
async function describeAgreed(client: PeerClient, orders: AcceptedAnswer['orders']): Promise<string> {
  const agreed = 'This peer agrees; the witnesses hear of it once it has caught up with them.'
  const { self } = await client.getEpoch({})
  const others = othersOf(orders, self.peer_id)
  if (others.length === 0) return agreed
  return `${agreed}\nIt also takes the agreement of ${namesOf(others)}, which may be given already: this peer hears when it is decided. Without waiting for that: --no-wait`
}

interface FigureFlags extends OrderFlags {
  readonly add?: readonly string[]
  readonly remove?: readonly string[]
  readonly operators?: readonly string[]
  readonly needed?: number
  /** False with --no-minters. */
  readonly minters?: readonly string[] | boolean
  readonly treasury?: string
  readonly fee?: string
  readonly maxPrice?: string
  readonly minConfidence?: number
  readonly priorTrust?: number
  readonly trustBidders?: number
  readonly adoptRules?: boolean
}

function addOrder(epoch: Command): void {
  const command = epoch
    .command('order')
    .description('order any change at once; what is not named stays as it is')
    .option('--add <peer...>', 'members that become witnesses, by id or label')
    .option('--remove <peer...>', 'witnesses that stop being any')
    .option('--operators <key...>', 'all operators from then on, by key or label')
    .option('--needed <number>', 'how many of them sign', wholeNumber)
    .option('--minters <key...>', 'all who may make credits from then on')
    .option('--no-minters', 'nobody may')
    .option('--treasury <account>', 'account that gets fees')
    .option('--fee <credits>', 'fee of a job')
    .option('--max-price <credits>', 'highest price of a replica where a job names none')
    .option('--min-confidence <share>', 'least confidence of a job that names none', share)
    .option('--prior-trust <share>', 'trust of a node without a history', share)
    .option('--trust-bidders <number>', 'bidders without whom agreeing earns no trust', wholeNumber)
    .option('--adopt-rules', "judge answers by the rules of this peer's program")
  orderOptions(command).action((flags: FigureFlags) => order(flags, requestOf(flags)))
}

function share(text: string): number {
  const part = Number(text)
  if (!/^[0-9.]+$/.test(text) || !(part >= 0 && part <= 1))
    throw new InvalidArgumentError('It must be a share of one, such as 0.6.')
  return part
}

function requestOf(flags: FigureFlags): OrderRequest {
  const { add, remove, operators, minters } = flags
  const wish = {
    add: listOf(add),
    remove: listOf(remove),
    operators: listOf(operators),
    minters: minters === false ? [] : listOf(minters),
    needed: flags.needed,
    treasury: flags.treasury,
    fee: flags.fee,
    max_price: flags.maxPrice,
    min_confidence: flags.minConfidence,
    prior_trust: flags.priorTrust,
    trust_bidders: flags.trustBidders,
    adopt_rules: flags.adoptRules,
  }
  // What isn't named has no field: the peer refuses one without a value.
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined))
}

function listOf(names: readonly string[] | boolean | undefined): string[] | undefined {
  return typeof names === 'object' ? [...names] : undefined
}
