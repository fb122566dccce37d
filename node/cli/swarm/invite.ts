import type { Command } from 'commander'
import { Option } from 'commander'
import type { OrderAnswer } from '../../../protocol/api/epoch-schema.ts'
import type {
  CosignAnswer,
  InvitationAnswer,
  InviteRequest,
  RevocationAnswer,
} from '../../../protocol/api/swarm-schema.ts'
import type { ApiFlags } from '../api.ts'
import { giveOrder, type OrderFlags, orderOptions, requireYes } from './give-order.ts'
import { controlOptions, reachControl } from '../reach.ts'
import { EXIT } from '../exit-codes.ts'
import { print, printJson, say } from '../output.ts'
import { oneLine } from '../terminal-text.ts'
import { duration } from './duration.ts'
import { showRevocation } from './members.ts'
import { qrText } from './qr.ts'

interface InviteFlags extends ApiFlags {
  readonly label?: string
  readonly role?: InviteRequest['roles']
  readonly grant?: string
  readonly expires?: number
  readonly for?: string
  readonly qr?: boolean
}

/** `swarm invite` and, where several operators must sign, `swarm cosign`. */
export function addInvite(swarm: Command): void {
  const invite = swarm
    .command('invite')
    .description('print an invitation for one peer; takes an operator key')
    .option(
      '--label <text>',
      'label of whoever operates the new peer: peers of one label have one vote together',
    )
    .addOption(new Option('--role <role...>', 'what it may be').choices(['peer', 'agent']))
    .option('--grant <credits>', 'new credits that come with it; as many operators sign as the charter asks')
    .option('--expires <duration>', 'how long it can be used, such as 45m, 12h or 7d', duration)
    .option('--for <peer>', 'the one peer that may use it')
    .option('--qr', 'print it as a QR code, too')
  controlOptions(invite).action(printInvitation)
  const cosign = swarm
    .command('cosign')
    .description("add this peer's signature to what another operator began; prints what comes next")
    .argument('<text>', 'hlp1... (an invitation), hlr1... (a revocation) or hle1... (an order for an epoch)')
    .option('--qr', 'print an invitation as a QR code, too')
  orderOptions(cosign).action(cosignText)
}

async function cosignText(text: string, flags: InviteFlags & OrderFlags): Promise<void> {
  const client = await reachControl(flags)
  const sign = (confirmed: boolean) => client.cosign({ body: { text, confirmed } })
  const answer = await sign(flags.yes === true)
  if ('next' in answer) {
    const confirm = async () => orderOf(await sign(true))
    return await giveOrder(client, flags, { first: answer, confirm })
  }
  if ('token' in answer) return showInvitation(await signedInvitation(answer, flags, sign), flags)
  showRevocation(await signedRevocation(answer, flags, sign), flags)
}

type Sign = (confirmed: boolean) => Promise<CosignAnswer>

async function signedInvitation(
  answer: InvitationAnswer,
  flags: OrderFlags,
  sign: Sign,
): Promise<InvitationAnswer> {
  if (answer.kind !== 'unconfirmed') return answer
  await requireYes(answer, flags, `An invitation.\n${describeTerms(answer)}`)
  const signed = await sign(true)
  if ('token' in signed) return signed
  throw new TypeError('the peer takes one text for another')
}

async function signedRevocation(
  answer: RevocationAnswer,
  flags: OrderFlags,
  sign: Sign,
): Promise<RevocationAnswer> {
  if (answer.kind !== 'unconfirmed') return answer
  await requireYes(
    answer,
    flags,
    [`A revocation of ${answer.key}.`, ...answer.warnings.map(oneLine)].join('\n'),
  )
  const signed = await sign(true)
  if ('entry_id' in signed) return signed
  throw new TypeError('the peer takes one text for another')
}

function orderOf(answer: CosignAnswer): OrderAnswer {
  if ('next' in answer) return answer
  throw new TypeError('the peer takes one text for another')
}

async function printInvitation(flags: InviteFlags): Promise<void> {
  const { label, role, grant, expires, for: peer } = flags
  const body = {
    ...(label === undefined ? {} : { label }),
    ...(role === undefined ? {} : { roles: role }),
    ...(grant === undefined ? {} : { grant }),
    ...(expires === undefined ? {} : { expires_in_s: expires }),
    ...(peer === undefined ? {} : { peer }),
  }
  await showInvitation(await (await reachControl(flags)).createInvitation({ body }), flags)
}

/** The text alone goes to stdout, so that it can be piped; what it means goes to stderr. Exit code 1: others must go on. */
async function showInvitation(invitation: InvitationAnswer, { qr, json }: InviteFlags): Promise<void> {
  if (invitation.kind === 'partial') process.exitCode = EXIT.notCompleted
  if (json === true) return printJson(invitation)
  print(invitation.text)
  if (invitation.kind === 'invitation' && qr === true)
    print(`\n${await qrText(invitation.text.toUpperCase())}`)
  say(describeInvitation(invitation))
}

function describeTerms({ label, roles, grant, expires_at: until, peer, token }: InvitationAnswer): string {
  return [
    `For ${peer ?? 'whoever has it'}, once, until ${until}: ${roles.join(' and ')}, label "${oneLine(label)}"` +
      (grant === '0' ? '' : `, with ${grant} credits`),
    `Its token, for "swarm revoke" while it is unused: ${token}`,
  ].join('\n')
}

function describeInvitation(invitation: InvitationAnswer): string {
  const { kind, signatures, needed, addresses } = invitation
  const next =
    kind === 'invitation'
      ? 'On the other machine: hyperlooms up --join hl1...'
      : `${signatures} of ${needed} operators have signed. Each runs "hyperlooms swarm cosign TEXT" with the newest text; the one who began it comes last and gets the invitation.`
  return ['', describeTerms(invitation), ...warningOf(addresses), next].join('\n')
}

function warningOf(addresses: readonly string[]): string[] {
  const isLocal = (address: string): boolean => /^\/(ip4\/127\.|ip6\/::1\/)/.test(address)
  if (!addresses.every(isLocal)) return []
  return [
    'Warning: it names addresses of this machine alone. For others to reach it start the peer with --listen, such as --listen /ip4/0.0.0.0/tcp/9000, and invite anew.',
  ]
}
