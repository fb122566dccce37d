import { expect, it } from 'vitest'
import { type InstanceId, jobInstance, resolveInstance } from '../ids.ts'
import { testSigner } from '../ledger/testing-mind.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import { handoverOf } from '../epoch/begin.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import { testCharter } from '../ledger/testing-mind.ts'
import { type CarriedValue, createCarriedValues } from './carried.ts'
import { valueDigestOf } from './messages.ts'

const { id } = testSigner(0)
const { swarm } = rosterOf(testCharter([testSigner(0)], 1))
const FORK = resolveInstance(id, 0)
const JOB = jobInstance('a'.repeat(64) as never, 0)

function prepared(instance: InstanceId): CarriedValue {
  const value = { type: 'void', reason: 'unassigned', cancel: null } as const
  const ballot = { instance, epoch: 0, round: 0, value: valueDigestOf(value) }
  return { certificate: { ballot, quorum: { epoch: 0, signers: new Uint8Array(1), sigs: [] } }, value }
}

it('a value whose decision is known says nothing, and does so again for a peer that has forgotten the decision', () => {
  const decided = new Set<InstanceId>([FORK, JOB])
  const carried = createCarriedValues((instance) => decided.has(instance))
  const out = new EventOutbox(id, swarm, 1)
  const handover = handoverOf({ locks: [], prepared: [prepared(FORK), prepared(JOB)] })
  carried.replace(out, handover.prepared)
  const said = () => [[...carried.all()].length, carried.settles(id), carried.get(JOB) !== undefined]
  expect(said()).toEqual([0, false, false])
  decided.delete(FORK)
  expect(said()).toEqual([1, true, false])
  decided.delete(JOB)
  expect(said()).toEqual([2, true, true])
  carried.drop(out, JOB)
  expect(said()).toEqual([1, true, false])
})
