import type { Command } from 'commander'
import type { ApiFlags } from './api.ts'
import { describeJob, timelineLines } from './job-text.ts'
import { print, printJson } from './output.ts'
import { apiOptions, reachPeer } from './reach.ts'

/** `job`: everything that the peer knows of one job. */
export function addJob(program: Command): void {
  const command = program.command('job').description('show one job').argument('<id>', 'id of the job')
  apiOptions(command).action(async (id: string, flags: ApiFlags) => {
    const client = await reachPeer(flags)
    const job = await client.getJob({ params: { id } })
    if (flags.json === true) return printJson(job)
    print([...timelineLines(job), '', describeJob(job)].join('\n'))
  })
}
