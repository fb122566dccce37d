import { expect, it } from 'vitest'
import { ballotRecordCodec } from '../agreement/ballot-record.ts'
import { decisionCodec, valueDigestOf } from '../agreement/messages.ts'
import { decodeRecord } from '../encoding/body.ts'
import { type JobId, jobInstance, type PeerId } from '../ids.ts'
import { plainRequest } from '../jobs/plain-request.ts'
import { TIMES, UNITS_PER_CREDIT } from '../params.ts'
import { keys } from '../records/keys.ts'
import { expectSame, TestEpochs } from './testing-orders.ts'

const BLOB = { digest: 'c'.repeat(64) as never, size: 1 }

/** A job whose assignment three witnesses prepared, as one alone has been shown; its steward is gone. */
function preparedJob(epochs: TestEpochs, holder: PeerId): JobId {
  epochs.mint(4, 10n * UNITS_PER_CREDIT)
  const model = { model: 'm', modelDigest: BLOB.digest, cached: true, modes: ['process' as const] }
  const state = { vramFreeMb: 1, loadMilli: 0, region: '', etaMs: 1, price: 100n }
  for (const at of [5, 6])
    epochs.minds.offer(epochs.id(at), { offers: [{ ...model, ...state }], vramTotalMb: 1, slots: 1 })
  epochs.minds.pass(TIMES.heartbeatMsMax)
  const steward = epochs.id(4)
  epochs.minds.isCut = (from, to, kind) =>
    from === steward ? kind === 'prepared' && to !== holder : kind === 'commit' && to === steward
  const request = plainRequest(BLOB, 2)
  const result = epochs.minds.command(steward, { type: 'submit-job', request })
  if (result?.ok !== true || result.type !== 'job') throw new RangeError('the job was refused')
  epochs.minds.pass(TIMES.bidWindowMs + TIMES.storedMs + 50)
  epochs.minds.stop(steward)
  return result.job
}

/** What a witness was shown to be prepared. */
function preparedBy(epochs: TestEpochs, peer: PeerId, job: JobId) {
  const record = epochs.minds.stored(peer, keys.ballot(jobInstance(job, 0)))
  if (record === undefined) return undefined
  const { prepared } = decodeRecord(ballotRecordCodec, record, 'ballot')
  return prepared === null ? undefined : valueDigestOf(prepared.value)
}

it('what one witness alone knows to be prepared isn’t lost, though its report comes too late', () => {
  const epochs = new TestEpochs(4)
  const [first, other, dying, holder] = epochs.view(0).roster.epoch.witnesses as [
    PeerId,
    PeerId,
    PeerId,
    PeerId,
  ]
  const job = preparedJob(epochs, holder)
  const prepared = preparedBy(epochs, holder, job)
  expect(prepared).toBeDefined()
  for (const peer of [first, other, dying]) expect(preparedBy(epochs, peer, job)).toBeUndefined()
  // The first proposer has the others' reports before the holder's; one of them falls silent then, so that the
  // holder's own prepare is needed.
  const said = { proposed: false, refused: false }
  epochs.minds.isCut = (from, to, kind) => {
    if (from === first && kind === 'propose') said.proposed = true
    if (from === holder && kind === 'refusal' && to === first) said.refused = true
    return from === dying ? said.proposed : from === holder && kind === 'epoch-report' && !said.refused
  }
  epochs.change(epochs.order([0, 1, 2, 3, 5]), 0, 60_000)
  expect(said).toEqual({ proposed: true, refused: true })
  for (const peer of [first, other, holder, epochs.id(5)])
    expect(epochs.minds.mindOf(peer).view.roster.epoch.number).toBe(1)
  epochs.minds.isCut = () => false
  epochs.minds.pass(60_000)
  expectSame(epochs, [0, 1, 2, 3, 5, 6])
  const decision = epochs.minds.stored(epochs.id(6), keys.decision(job, 0))
  if (decision === undefined) throw new RangeError('nothing was decided')
  expect(valueDigestOf(decodeRecord(decisionCodec, decision, 'decision').value)).toBe(prepared)
})
