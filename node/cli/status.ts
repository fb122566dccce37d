import type { Command } from 'commander'
import { ApiError } from '../../protocol/api/client.ts'
import type { NodeState } from '../../protocol/api/control-schema.ts'
import type { LedgerRoot, Self } from '../../protocol/api/network-schema.ts'
import type { ApiFlags, PeerClient } from './api.ts'
import { counted } from './counted.ts'
import { print, printJson } from './output.ts'
import { apiOptions, reachPeer } from './reach.ts'

const CONSENT_REVOKED = 'consent  revoked: it takes no work until "hyperlooms consent accept"'

/** `status`: the peer and its swarm in a few lines. */
export function addStatus(program: Command): void {
  const command = program.command('status').description('show the peer, its swarm and its credits')
  apiOptions(command).action(async ({ json, ...flags }: ApiFlags) => {
    const client = await reachPeer(flags)
    const [self, stats, ledger] = await Promise.all([
      client.getSelf(),
      client.getStats(),
      client.getLedgerRoot(),
    ])
    const params = { account_type: 'node', account_id: self.peer_id } as const
    const account = await client.getAccount({ params }).catch(() => null)
    const node = await nodeOf(client)
    const [state, consent] = [node?.state ?? null, node?.consent ?? null]
    if (json === true) return printJson({ self, stats, ledger, account, state, consent })
    const { peers, jobs, nodes, models } = stats
    print(
      [
        `peer     ${self.peer_id} (${self.operator ?? 'not a member'}${dutyOf(self)})`,
        `swarm    ${self.swarm_name} (${self.swarm_id.slice(0, 12)}): ${peers.online} of ${peers.members} peers online`,
        `offers   ${counted(models, 'model')} on ${counted(nodes, 'node')}`,
        `jobs     ${jobs.open} open, ${jobs.completed} completed, ${jobs.unresolved} unresolved, ${jobs.void} void`,
        `ledger   ${ledger.root.slice(0, 12)}, ${counted(ledger.entries, 'entry', 'entries')}, ${agreementOf(ledger)}`,
        `credits  ${account?.spendable ?? '0'} to spend, ${account?.escrowed ?? '0'} set aside`,
        `page     ${client.url}`,
        ...(state === null || state === 'running' ? [] : [`node     ${state}: it takes no new work`]),
        ...(consent === 'revoked' ? [CONSENT_REVOKED] : []),
      ].join('\n'),
    )
  })
}

/** Told over the control socket alone; null where the peer is reached at an address. */
async function nodeOf(client: PeerClient): Promise<NodeState | null> {
  try {
    return await client.getNode()
  } catch (error) {
    if (error instanceof ApiError && error.status >= 400 && error.status < 500) return null
    throw error
  }
}

function dutyOf({ witness, votes }: Self): string {
  if (!witness) return ''
  return votes ? ', witness' : ', a witness that forgot votes: it never votes again and is to be replaced'
}

/** How far the peers' ledgers are the same, by what each said of its own last. */
function agreementOf({ root, reported, converged }: LedgerRoot): string {
  const equal = reported.filter((other) => other.root === root).length
  const heard =
    reported.length === 0
      ? 'nobody to compare with'
      : `the same at ${equal} of ${counted(reported.length, 'other')}`
  return `${heard}${converged ? '' : '; an online peer does not yet'}`
}
