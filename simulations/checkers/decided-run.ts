import { decisionCodec } from '../../protocol/agreement/messages.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { CreateChecker } from './checker.ts'
import type { Records } from './records.ts'

interface Assigned {
  readonly step: number
  readonly slot: number
  readonly peer: string
}

/** No replica starts without a decision that gives it the slot, or lets it stand by for it, durable on its own disk (12.6). */
export const createDecidedRunChecker: CreateChecker = (facts, report) => ({
  observe(observation) {
    if (observation.type !== 'left' || observation.effect.type !== 'run') return
    const { peer } = observation
    const { job, step, slot } = observation.effect.order
    const isAssigned = assignmentsOf(facts.durable(peer), job).some(
      (assigned) => assigned.step === step && assigned.slot === slot && assigned.peer === peer,
    )
    if (!isAssigned) report(`${peer} runs ${job}/${step}/${slot} without a decision`)
  },
})

function assignmentsOf(records: Records, job: string): readonly Assigned[] {
  return [...records].flatMap(([key, record]) => {
    if (!key.startsWith(`${PREFIXES.decision}${job}/`)) return []
    const { instance, value } = decodeBody(decisionCodec, record, key, TRUSTED)
    const step = Number(instance.split('/').at(-1))
    if (value.type !== 'assign' && value.type !== 'again') return []
    const elected = (slot: number, peer: string) =>
      [peer, ...value.standbys].map((one) => ({ step, slot, peer: one }))
    return value.slots.flatMap(({ slot, peer }) => elected(slot, peer))
  })
}
