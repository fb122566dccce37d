import type { Command } from 'commander'
import type { ApiFlags } from './api.ts'
import { explainJob } from './explain-text.ts'
import { print, printJson } from './output.ts'
import { apiOptions, reachPeer } from './reach.ts'

/** `explain`: why a job went as it did, computed again by the peer from what was signed. */
export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .description('show why a job went as it did: bids, scores, every decision checked again, who is to blame')
    .argument('<id>', 'id of the job')
  apiOptions(command).action(async (id: string, flags: ApiFlags) => {
    const client = await reachPeer(flags)
    const [decision, job] = await Promise.all([
      client.getDecision({ params: { id } }),
      client.getJob({ params: { id } }),
    ])
    if (flags.json === true) return printJson(decision)
    print(explainJob(decision, job))
  })
}
