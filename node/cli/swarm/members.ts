import type { Command } from 'commander'
import type { RevocationAnswer, SwarmMember } from '../../../protocol/api/swarm-schema.ts'
import { INVITATION_TEXT, tokenOf } from '../../../protocol/swarm/invitation-text.ts'
import type { ApiFlags, PeerClient } from '../api.ts'
import { apiOptions, controlOptions, reachControl, reachPeer } from '../reach.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandError, print, printJson, say } from '../output.ts'
import { textTable } from '../table.ts'
import { oneLine } from '../terminal-text.ts'

/** `swarm members`, and ending a membership. */
export function addMembers(swarm: Command): void {
  const members = swarm.command('members').description('list the members with label, roles and reachability')
  apiOptions(members).action(listMembers)
  const revoke = swarm
    .command('revoke')
    .description('end a membership, or an invitation that nobody has used; takes an operator key')
    .argument('<key>', "the member's id, or the invitation (hl1...) or its token")
    .option('--yes', 'revoke this peer itself without asking')
  controlOptions(revoke).action(revokeKey)
}

interface RevokeFlags extends ApiFlags {
  readonly yes?: boolean
}

async function revokeKey(given: string, flags: RevokeFlags): Promise<void> {
  const client = await reachControl(flags)
  const key = keyOf(given)
  const member = (await everyMember(client)).find(({ peer_id: id }) => id === key)
  if (member?.self === true && flags.yes !== true) {
    const message =
      'That is this peer itself: its membership would end, for good under this key. Nothing was changed; pass --yes to do it.'
    throw new CommandError(message, EXIT.usage)
  }
  showRevocation(await client.revokeKey({ body: { key } }), flags)
}

/** Exit code 1: more operators must sign. */
export function showRevocation(answer: RevocationAnswer, { json }: Pick<ApiFlags, 'json'>): void {
  if (answer.kind === 'partial') process.exitCode = EXIT.notCompleted
  if (json === true) return printJson(answer)
  print(describeRevocation(answer))
  // Nothing has ended yet while more must sign.
  if (answer.kind === 'revocation') for (const warning of answer.warnings) say(oneLine(warning))
}

/** The token of an invitation that is given as a whole; anything else is a key, or for the peer to refuse. */
function keyOf(given: string): string {
  const read = INVITATION_TEXT.read(given)
  return read.ok ? tokenOf(read.value.secret) : given
}

const PAGE = 100

async function listMembers(flags: ApiFlags): Promise<void> {
  const members = await everyMember(await reachPeer(flags))
  if (flags.json === true) return printJson({ members })
  const columns = [
    { label: 'member', cell: ({ peer_id: id, self }: SwarmMember) => (self ? `${id} (this peer)` : id) },
    {
      label: 'label',
      cell: ({ label, invited }: SwarmMember) => (invited ? oneLine(label) : 'nobody vouches for it'),
    },
    { label: 'roles', cell: rolesOf },
    {
      label: 'seen',
      cell: ({ status, connected, self }: SwarmMember) =>
        connected && !self ? `${status}, connected` : status,
    },
  ]
  print([textTable(columns, members), ...joinedWords(members)].join('\n'))
}

/** Operators who gave one peer two labels see what they have done: it can't be undone. */
export function joinedWords(members: readonly Pick<SwarmMember, 'label' | 'other_labels'>[]): string[] {
  const groups = new Map(members.map(({ label, other_labels: others }) => [label, [label, ...others]]))
  return [...groups.values()].flatMap((labels) =>
    labels.length < 2
      ? []
      : [
          '',
          `One vote together, for good, since members carry several of them: ${labels.map(oneLine).join(', ')}.`,
        ],
  )
}

function rolesOf({ roles, witness, revoked, lost }: SwarmMember): string {
  const all = new Set([
    ...roles.filter((role) => role !== 'witness'),
    ...(witness ? [lost ? 'witness that never votes again' : 'witness'] : []),
  ])
  return [...all, ...(revoked ? ['revoked'] : [])].join(', ')
}

async function everyMember(client: PeerClient): Promise<readonly SwarmMember[]> {
  const members: SwarmMember[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Awaited<ReturnType<PeerClient['listMembers']>> = await client.listMembers({
      query: { limit: PAGE, ...(cursor === '' ? {} : { cursor }) },
    })
    members.push(...page.items)
    cursor = page.next_cursor
  }
  return members
}

function describeRevocation(answer: RevocationAnswer): string {
  const { kind, key, text, signatures, needed, entry_id: entry } = answer
  if (kind === 'unchanged')
    return `Nothing to do: ${key} is revoked already${entry === null ? '' : `, or soon (entry ${entry})`}.`
  if (kind === 'revocation')
    return `revoked: ${key}\nIt is signed and on its way to the witnesses (entry ${entry ?? ''}).`
  return [
    text ?? '',
    '',
    `${signatures} of ${needed} operators have signed: until enough have, nothing ends. Another one runs: hyperlooms swarm cosign TEXT`,
  ].join('\n')
}
