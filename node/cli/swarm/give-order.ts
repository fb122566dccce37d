import type { Command } from 'commander'
import type { OrderAnswer } from '../../../protocol/api/epoch-schema.ts'
import type { ApiFlags, PeerClient } from '../api.ts'
import { ask, isTerminal } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandError, print, printJson, say } from '../output.ts'
import { Progress } from '../progress.ts'
import { controlOptions } from '../reach.ts'
import { describeBegun, describeMissing, describeOrder, describeSignatures } from './change-text.ts'
import { followChange, type Followed, type Followup } from './follow-change.ts'

export interface OrderFlags extends ApiFlags {
  readonly yes?: boolean
  /** False with --no-wait. */
  readonly wait: boolean
}

/** Options of every verb that orders or signs a change. */
export function orderOptions(command: Command): Command {
  return controlOptions(command)
    .option('--yes', 'sign it without asking, whatever is warned of')
    .option('--no-wait', "don't wait until it is decided")
}

/**
 * Goes on with an order from the peer's `first` answer: shows what it takes away and asks, prints what goes to the next operator, or follows it until
 * it is decided. Exit code 1: more must sign, or it isn't decided yet; 2: it was warned of, and nothing was signed.
 */
export async function giveOrder(
  client: PeerClient,
  flags: OrderFlags,
  { first, confirm }: { readonly first: OrderAnswer; readonly confirm: () => Promise<OrderAnswer> },
): Promise<void> {
  const answer = first.kind === 'unconfirmed' ? await confirmed(first, flags, confirm) : first
  if (answer.kind === 'unchanged') {
    if (flags.json === true) printJson(answer)
    else print('Nothing to do: the swarm is like that already.')
    return
  }
  if (answer.kind === 'partial') {
    if (flags.json === true) printJson(answer)
    else print(answer.text ?? '')
    say(`\n${describeOrder(answer)}\n${describeSignatures(answer)}`)
    process.exitCode = EXIT.notCompleted
    return
  }
  if (flags.json !== true) say(describeOrder(answer))
  if (!flags.wait) return leave(answer, flags)
  const again = () => client.cosign({ body: { text: answer.text ?? '', confirmed: true } })
  const followed: Followed = { number: answer.number, nexts: [answer.next], again }
  const end = await follow(client, followed)
  showEnd(end, answer, flags)
}

async function confirmed(
  answer: OrderAnswer,
  flags: OrderFlags,
  confirm: () => Promise<OrderAnswer>,
): Promise<OrderAnswer> {
  await requireYes(answer, flags, describeOrder(answer))
  return confirm()
}

/** Shows what is to be signed, and asks. Throws exit code 2 where nobody agrees or can be asked. */
export async function requireYes(
  answer: object,
  { json }: Pick<OrderFlags, 'json'>,
  text: string,
): Promise<void> {
  // A program finds it in the document.
  if (json !== true || isTerminal()) say(text)
  if (!isTerminal()) {
    if (json === true) printJson(answer)
    throw new CommandError('Nothing was signed. Repeat with --yes if you want that.', EXIT.usage)
  }
  const said = await ask('Sign it? [y/N] ')
  if (!/^y(es)?$/i.test(said)) throw new CommandError('Nothing was signed.', EXIT.usage)
}

/** Until it is decided, or somebody ends the command: the order goes on without it. */
export async function follow(client: PeerClient, followed: Followed): Promise<Followup> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const progress = new Progress()
  try {
    return await followChange(client, followed, { progress, signal: stop.signal })
  } finally {
    progress.done()
  }
}

export function showEnd(end: Followup, answer: object, { json }: Pick<OrderFlags, 'json'>): void {
  if (json === true)
    printJson({ ...answer, status: end.status, epoch: end.status === 'left' ? null : end.epoch })
  if (end.status === 'decided') {
    if (json !== true) print(describeBegun(end.epoch))
    return
  }
  process.exitCode = EXIT.notCompleted
  if (end.status === 'left')
    return say(
      'It goes on without this command. Look with "hyperlooms swarm epoch", or repeat the command to go on watching.',
    )
  say(
    `Another order was decided for this epoch:\n${describeBegun(end.epoch)}\nOrder again if it is still wanted.`,
  )
}

function leave(answer: OrderAnswer, { json }: OrderFlags): void {
  if (json === true) return printJson(answer)
  print(`Epoch ${answer.number} is ordered. Look with: hyperlooms swarm epoch`)
  if (answer.missing.length > 0) say(describeMissing(answer.missing))
}
