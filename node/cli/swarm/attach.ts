import type { Command } from 'commander'
import { Option } from 'commander'
import type { TicketAnswer } from '../../../protocol/api/swarm-schema.ts'
import type { ApiFlags } from '../api.ts'
import { controlOptions, reachControl } from '../reach.ts'
import { print, printJson, say } from '../output.ts'
import { duration } from './duration.ts'
import { qrText } from './qr.ts'

interface AttachFlags extends ApiFlags {
  readonly right?: readonly ('read' | 'submit')[]
  readonly expires?: number
  readonly grant?: string
  readonly qr?: boolean
}

/** `attach`: a link that makes a browser or client a guest of this peer's swarm. */
export function addAttach(program: Command): void {
  const command = program
    .command('attach')
    .description('print a link that attaches a browser to this peer as a guest')
    .addOption(new Option('--right <right...>', 'what the guest may do').choices(['read', 'submit']))
    .option('--expires <duration>', 'how long it can be used, such as 45m, 12h or 7d; at most 7d', duration)
    .option('--grant <credits>', "credits of this peer's account for the guest's key")
    .option('--qr', 'print it as a QR code, too')
  controlOptions(command).action(attach)
}

async function attach(flags: AttachFlags): Promise<void> {
  const client = await reachControl(flags)
  const { right, expires, grant } = flags
  const ticket = await client.createTicket({
    body: {
      ...(right === undefined ? {} : { rights: [...right] }),
      ...(expires === undefined ? {} : { expires_in_s: expires }),
    },
  })
  const moved =
    grant === undefined
      ? undefined
      : await client.transferCredits({ body: { to: ticket.key, amount: grant, memo: 'attach' } })
  if (flags.json === true) return printJson({ ...ticket, grant: moved ?? null })
  print(ticket.link)
  if (flags.qr === true) print(`\n${await qrText(ticket.link)}`)
  say(describeTicket(ticket, grant))
}

function describeTicket({ key, rights, expires_at: until }: TicketAnswer, grant: string | undefined): string {
  const given = grant === undefined ? '' : `, with ${grant} credits of this peer`
  return `\nWhoever has the link may ${rights.join(' and ')} until ${until}${given}. The guest's account: ${key}`
}
