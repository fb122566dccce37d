import type { JobId } from '../ids.ts'
import { plainRequest } from '../jobs/plain-request.ts'
import { TIMES, UNITS_PER_CREDIT } from '../params.ts'
import { TestEpochs } from './testing-orders.ts'

/** For tests: where every prompt and answer is. */
export const BLOB = { digest: 'c'.repeat(64) as never, size: 1 }

/** For tests: four witnesses, a payer that is none of them, and two nodes that were elected to run its job. */
export function runningJob() {
  const epochs = new TestEpochs(4)
  epochs.mint(4, 10n * UNITS_PER_CREDIT)
  const model = { model: 'm', modelDigest: BLOB.digest, cached: true, modes: ['process' as const] }
  const state = { vramFreeMb: 1, loadMilli: 0, region: '', etaMs: 1, price: 100n }
  for (const at of [5, 6])
    epochs.minds.offer(epochs.id(at), { offers: [{ ...model, ...state }], vramTotalMb: 1, slots: 1 })
  epochs.minds.pass(TIMES.heartbeatMsMax)
  const request = plainRequest(BLOB, 2)
  const result = epochs.minds.command(epochs.id(4), { type: 'submit-job', request })
  if (result?.ok !== true || result.type !== 'job') throw new RangeError('the job was refused')
  epochs.minds.pass(TIMES.bidWindowMs + TIMES.storedMs + TIMES.nudgeMs)
  if (epochs.minds.runs.length !== 2) throw new RangeError('two nodes were not elected')
  return { epochs, job: result.job, finish: () => finish(epochs, result.job) }
}

/** Both nodes answer, and the job ends. */
function finish(epochs: TestEpochs, job: JobId): void {
  for (const run of epochs.minds.runs) epochs.minds.finish(run, BLOB)
  epochs.minds.pass(TIMES.revealMs)
  if (epochs.view(4).job(job) !== undefined) throw new RangeError('the job did not end')
}
