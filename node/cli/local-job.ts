import type { Job } from '../../protocol/api/job-schema.ts'
import type { LocalSwarm } from '../swarm/local-swarm.ts'
import { poll } from '../swarm/poll.ts'
import { connect, type PeerClient } from './api.ts'
import { EXIT } from './exit-codes.ts'
import { findingOf } from './job-text.ts'
import { CommandError } from './output.ts'
import type { Progress } from './progress.ts'
import { watchJob } from './watch-job.ts'

/** Peers of one machine find each other within a second; this is for a machine that is very busy. */
const SETTLE_TIMEOUT_MS = 60_000
/** Closed jobs are announced at once: the ledgers are equal within moments. */
const ROOTS_TIMEOUT_MS = 5_000

/** Waits until every peer reaches all others, offers a model, and the payer has credit. */
export async function waitUntilSettled(swarm: LocalSwarm, progress: Progress): Promise<void> {
  const clients = swarm.peers.map(({ url }) => connect(url))
  const payer = swarm.peers[0].id
  const all = swarm.peers.length
  const isSettled = async (): Promise<true | undefined> => {
    const selves = await Promise.all(clients.map((client) => client.getSelf()))
    const links = selves.reduce(
      (sum, { connections }) => sum + new Set(connections.map((c) => c.peer_id)).size,
      0,
    )
    const offering = await offeringNodes(clients[0])
    progress.show(
      `Connecting: ${links} of ${all * (all - 1)} links, ${offering} of ${all} peers offer a model`,
    )
    if (links < all * (all - 1) || offering < all) return undefined
    progress.show('Certifying the first credits')
    const params = { account_type: 'node', account_id: payer } as const
    const account = await clients[0]?.getAccount({ params })
    return account !== undefined && account.spendable !== '0' ? true : undefined
  }
  if ((await poll(isSettled, { timeoutMs: SETTLE_TIMEOUT_MS })) !== undefined) return
  const message = 'The peers did not come together within a minute: see peer.log in their data folders'
  throw new CommandError(message, EXIT.unavailable)
}

async function offeringNodes(client: PeerClient | undefined): Promise<number> {
  const page = await client?.listNodes()
  return page?.items.filter(({ status, models }) => status === 'online' && models.length > 0).length ?? 0
}

export interface LocalRequest {
  readonly prompt: string
  readonly replicas: number | undefined
}

/** Submits to the first peer and follows the job to its end. */
export async function runLocalJob(
  swarm: LocalSwarm,
  request: LocalRequest,
  progress: Progress,
): Promise<Job> {
  const client = connect(swarm.peers[0].url)
  const { prompt, replicas } = request
  const submitted = await client.submitJob({
    body: { prompt, ...(replicas === undefined ? {} : { replicas }) },
  })
  return watchJob(client, submitted.id, (job) => progress.show(...phaseOf(job)))
}

/** The phase that a job is in, and how far it got. */
function phaseOf({ status, bids, slots, timeline }: Job): readonly [phase: string, detail: string] {
  const elapsed = Date.parse(timeline.at(-1)?.at ?? '') - Date.parse(timeline[0]?.at ?? '')
  const time = Number.isNaN(elapsed) ? '' : `${elapsed} ms`
  const tokens = slots.reduce((sum, slot) => sum + slot.tokens, 0)
  const started = slots.filter(({ state }) => state !== 'assigned').length
  switch (status) {
    case 'pending':
      return ['Certifying the payment', time]
    case 'bidding':
      return ['Electing nodes', `${bids} bids, ${time}`]
    case 'running':
      return ['Answering', `${started} of ${slots.length} nodes, ${tokens} tokens, ${time}`]
    case 'verifying':
      return ['Comparing the answers', time]
    default:
      return [`The job is ${status}`, time]
  }
}

/** Each peer's ledger root once all are equal, or as they are when the time is up. */
export async function ledgerRoots(swarm: LocalSwarm): Promise<readonly string[]> {
  const clients = swarm.peers.map(({ url }) => connect(url))
  let roots: readonly string[] = []
  await poll(
    async () => {
      roots = await Promise.all(clients.map(async (client) => (await client.getLedgerRoot()).root))
      return new Set(roots).size === 1 ? true : undefined
    },
    { timeoutMs: ROOTS_TIMEOUT_MS },
  )
  return roots
}

/** The document that `--json` prints; scripts rely on its fields. */
export function localDocument(job: Job, roots: readonly string[]) {
  return {
    job_id: job.id,
    status: job.status,
    output: job.output,
    confidence: job.confidence,
    agreement: job.agreement,
    replicas: job.answers.map((answer) => ({
      node_id: answer.node_id,
      answer: answer.answer,
      cluster: answer.cluster,
      paid: answer.paid,
      finding: findingOf(answer, job.output),
    })),
    charged: job.charged,
    refunded: job.refunded,
    ledger_roots: roots,
  }
}
