import type { Command } from 'commander'
import type { RevocationAnswer, SwarmMember } from '../../../protocol/api/swarm-schema.ts'
import { INVITATION_TEXT, tokenOf } from '../../../protocol/swarm/invitation-text.ts'
import type { ApiFlags, PeerClient } from '../api.ts'
import { apiOptions, controlOptions, reachControl, reachPeer } from '../reach.ts'
import { print, printJson } from '../output.ts'
import { textTable } from '../table.ts'

/** `swarm members`, and ending a membership. */
export function addMembers(swarm: Command): void {
  const members = swarm.command('members').description('list the members with label, roles and reachability')
  apiOptions(members).action(listMembers)
  const revoke = swarm
    .command('revoke')
    .description('end a membership, or an invitation that nobody has used; takes an operator key')
    .argument('<key>', "the member's id, or the invitation (hl1...) or its token")
  controlOptions(revoke).action(async (key: string, flags: ApiFlags) => {
    const answer = await (await reachControl(flags)).revokeKey({ body: { key: keyOf(key) } })
    if (flags.json === true) printJson(answer)
    else print(describeRevocation(answer))
  })
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
      cell: ({ label, invited }: SwarmMember) => (invited ? label : 'nobody vouches for it'),
    },
    { label: 'roles', cell: rolesOf },
    {
      label: 'seen',
      cell: ({ status, connected, self }: SwarmMember) =>
        connected && !self ? `${status}, connected` : status,
    },
  ]
  print(textTable(columns, members))
}

function rolesOf({ roles, witness, revoked }: SwarmMember): string {
  const all = new Set([...roles.filter((role) => role !== 'witness'), ...(witness ? ['witness'] : [])])
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

export function describeRevocation({
  kind,
  key,
  text,
  signatures,
  needed,
  entry_id: entry,
}: RevocationAnswer): string {
  if (kind === 'revocation')
    return `revoked: ${key}\nIt is signed and on its way to the witnesses (entry ${entry ?? ''}); connections of it end as members hear of it.`
  return [
    text ?? '',
    '',
    `${signatures} of ${needed} operators have signed. Another one runs: hyperlooms swarm cosign TEXT`,
  ].join('\n')
}
