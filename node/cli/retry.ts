import type { Command } from 'commander'
import type { ApiFlags } from './api.ts'
import { apiOptions, reachPeer } from './reach.ts'
import { followJob } from './run.ts'

interface RetryFlags extends ApiFlags {
  readonly idempotencyKey?: string
}

/** `retry`: what an ended job asked is asked once more, and waited for. */
export function addRetry(program: Command): void {
  const command = program
    .command('retry')
    .description('submit what an ended job asked once more, and wait for the answer')
    .argument('<id>', 'id of the job')
    .option('--idempotency-key <key>', 'repeated under the same key it is submitted once')
  apiOptions(command).action(async (id: string, flags: RetryFlags) => {
    const client = await reachPeer(flags)
    const { idempotencyKey: key } = flags
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key }
    const job = await client.retryJob({ params: { id } }, { headers })
    await followJob(client, job, flags)
  })
}
