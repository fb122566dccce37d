import type { Outbox } from '../peer/outbox.ts'
import { spreadCancel } from './cancel.ts'
import { deciders, type JobContext } from './context.ts'
import { repeatMs } from './instance-clock.ts'
import { sealMs } from './leases.ts'
import type { OpenJob } from './open-job.ts'
import { fetchAnswer, seal } from './sealing.ts'
import { repeatReceipt } from './staging.ts'

/** Time passed: what is overdue is sealed, and what may have been lost is said again. */
export function repeatDuties(context: JobContext, out: Outbox, open: OpenJob): void {
  const { attempt } = open
  const { signer } = context
  if (open.record.account === signer.id) spreadCancel(context, out, open)
  if (attempt === undefined) return repeatOffer(context, out, open)
  const mine = attempt.seals.get(signer.id)
  if (mine === undefined) {
    if (out.now >= sealMs(open, attempt)) seal(context, out, open, attempt)
    return
  }
  for (const peer of deciders(context, open)) if (peer !== signer.id) out.sendSigned(peer, 'seal', mine)
}

/** Bodies of answers that were revealed here and are still with their runners. */
export function fetchLacking(context: JobContext, out: Outbox, open: OpenJob): void {
  for (const { signer, body } of open.attempt?.reveals.values() ?? [])
    fetchAnswer(context, out, open, body.answer, signer)
}

/** Nobody is elected yet: this peer's bid, beacon and receipt, once their answer is overdue. */
function repeatOffer(context: JobContext, out: Outbox, open: OpenJob): void {
  const { signer } = context
  if (out.now < repeatMs(open)) return
  open.offeredMs = out.now
  const mine = open.bids.get(signer.id)?.bid
  const beacon = open.beacons.get(signer.id)
  for (const peer of deciders(context, open))
    if (mine !== undefined && peer !== signer.id) out.sendSigned(peer, 'bid', mine)
  const { steward } = open.record.spec
  repeatReceipt(context, out, open)
  if (beacon !== undefined && steward !== signer.id) out.sendSigned(steward, 'beacon', beacon)
}
