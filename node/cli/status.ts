import type { Command } from 'commander'
import type { LedgerRoot, Self } from '../../protocol/api/network-schema.ts'
import type { ApiFlags } from './api.ts'
import { print, printJson } from './output.ts'
import { apiOptions, reachPeer } from './reach.ts'

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
    if (json === true) return printJson({ self, stats, ledger, account })
    const { peers, jobs, nodes, models } = stats
    print(
      [
        `peer     ${self.peer_id} (${self.operator ?? 'not a member'}${dutyOf(self)})`,
        `swarm    ${self.swarm_name} (${self.swarm_id.slice(0, 12)}): ${peers.online} of ${peers.members} peers online`,
        `offers   ${models} models on ${nodes} nodes`,
        `jobs     ${jobs.open} open, ${jobs.completed} completed, ${jobs.unresolved} unresolved, ${jobs.void} void`,
        `ledger   ${ledger.root.slice(0, 12)}, ${ledger.entries} entries, ${agreementOf(ledger)}`,
        `credits  ${account?.spendable ?? '0'} to spend, ${account?.escrowed ?? '0'} set aside`,
        `page     ${client.url}`,
      ].join('\n'),
    )
  })
}

function dutyOf({ witness, votes }: Self): string {
  if (!witness) return ''
  return votes ? ', witness' : ', a witness that forgot votes: it never votes again and is to be replaced'
}

/** How far the peers' ledgers are the same, by what each said of its own last. */
function agreementOf({ root, reported, converged }: LedgerRoot): string {
  const equal = reported.filter((other) => other.root === root).length
  const heard = `${equal} of ${reported.length} other peers report the same`
  return `${heard}${converged ? '' : '; an online peer does not yet'}`
}
