import type { Command } from 'commander'
import type { ApiFlags } from './api.ts'
import { print, printJson } from './output.ts'
import { apiOptions, reachPeer } from './reach.ts'

/** `cancel`: the payer wants no more of a job. It ends a little later, by what is owed by then. */
export function addCancel(program: Command): void {
  const command = program
    .command('cancel')
    .description('cancel a job: runners stop, what they committed to is paid, the rest comes back')
    .argument('<id>', 'id of the job')
  apiOptions(command).action(async (id: string, flags: ApiFlags) => {
    const client = await reachPeer(flags)
    const job = await client.cancelJob({ params: { id } })
    if (flags.json === true) return printJson(job)
    print(`cancelled ${job.id}; "hyperlooms job ${job.id}" shows how it ends`)
  })
}
