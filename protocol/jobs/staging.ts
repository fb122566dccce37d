import { sign } from '../encoding/signed.ts'
import type { JobId, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { deciders, type JobContext } from './context.ts'
import { STORED } from './messages.ts'
import type { OpenJob } from './open-job.ts'
import { electedIn } from './ranks.ts'
import type { AssignValue } from './value.ts'

/** Receipts after which a proposal doesn't wait any longer: the prompt survives its steward's death (6.4). */
const RECEIPTS_WANTED = 2

export function stageTimer(job: JobId): string {
  return `job/stage/${job}`
}

/**
 * Has the would-be replicas fetch the prompt before the assignment is proposed, and says whether to wait for
 * their receipts any longer. Prompts go to elected peers only.
 */
export function stillStaging(context: JobContext, out: Outbox, open: OpenJob, value: AssignValue): boolean {
  if (context.signer.id !== open.record.spec.steward) return false
  const peers = electedIn(value)
  if (open.staged === undefined) out.timer(stageTimer(open.job), TIMES.storedMs)
  const { peers: asked, atMs } = open.staged ?? { peers: [], atMs: out.now }
  // Bids that came meanwhile may have elected others.
  const others = peers.filter((peer) => !asked.includes(peer))
  for (const peer of others) out.send(peer, 'stage', { job: open.job, prompt: open.record.spec.prompt })
  open.staged = { peers: [...asked, ...others], atMs }
  const wanted = Math.min(RECEIPTS_WANTED, peers.length)
  return value.receipts.length < wanted && out.now < open.staged.atMs + TIMES.storedMs
}

/** A steward asks this peer to hold the prompt of a job it may be elected for. */
export function onStage(context: JobContext, out: Outbox, open: OpenJob, message: MessageOf<'stage'>): void {
  const { spec } = open.record
  // Only a node that could have bid has anything to prepare for.
  if (context.capabilities().offers.length === 0) return
  if (message.from !== spec.steward || message.body.prompt.digest !== spec.prompt.digest) return
  const token = `stage/${open.job}`
  const from = [spec.steward]
  // Its receipt says that the prompt is on disk.
  out.emit({ type: 'fetch', token, job: open.job, blob: spec.prompt, from, care: 'synced' })
}

export function onStaged(context: JobContext, out: Outbox, open: OpenJob): void {
  const { spec } = open.record
  const receipt = sign(context.signer, context.roster.swarm, STORED, {
    job: open.job,
    prompt: spec.prompt.digest,
  })
  open.stored.set(context.signer.id, receipt)
  if (spec.steward !== context.signer.id) out.sendSigned(spec.steward, 'stored', receipt)
}

/**
 * The steward has the receipts in what it proposes, so nobody else needs them. Where it hasn't proposed when an answer is
 * overdue it may be dead, and whoever proposes in its place must know who has the prompt.
 */
export function repeatReceipt(context: JobContext, out: Outbox, open: OpenJob): void {
  const receipt = open.stored.get(context.signer.id)
  if (receipt === undefined) return
  for (const peer of deciders(context, open))
    if (peer !== context.signer.id) out.sendSigned(peer, 'stored', receipt)
}

/** A bidder holds the prompt: its steward may propose it, and so may a witness once the steward is dead. */
export function holdReceipt(open: OpenJob, message: MessageOf<'stored'>): void {
  const { signer, body, bytes, sig } = message
  if (body.prompt !== open.record.spec.prompt.digest || open.attempt !== undefined) return
  if (open.bids.has(signer)) open.stored.set(signer, { signer, body, bytes, sig })
}

/**
 * Whether this peer may propose who shall run (6.3): the steward has the prompt; anybody else knows of an elected peer that
 * has. Without one nobody could begin, and the job would cost its fee and end as silent. The void refunds all of it.
 */
export function hasHolder(context: JobContext, open: OpenJob, { receipts }: AssignValue): boolean {
  return context.signer.id === open.record.spec.steward || receipts.length > 0
}

/** Whom to ask for the prompt: those who signed that they hold it, its steward, and whoever was elected with them. */
export function promptHolders({ attempt, holders, record, stored }: OpenJob): readonly PeerId[] {
  return [...new Set([...holders, ...stored.keys(), record.spec.steward, ...electedIn(attempt)])]
}
