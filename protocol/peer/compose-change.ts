import type { CarriedValues } from '../agreement/carried.ts'
import { valueDigestOf } from '../agreement/messages.ts'
import { Change } from '../epoch/change.ts'
import { type InstanceId, parseJobInstance, parseResolveInstance, parseTrustInstance } from '../ids.ts'
import type { LiveRoster } from '../swarm/live-roster.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'
import type { Closing } from '../sync/closing/closing.ts'
import type { StateDigest } from '../sync/state-digest.ts'
import type { PeerOptions } from './options.ts'
import type { Parts } from './parts.ts'

interface Around {
  readonly roster: LiveRoster
  readonly duty: WitnessDuty
  readonly digest: StateDigest
  readonly closing: Closing
  readonly carried: CarriedValues
  /** The other parts of the mind, once they are there. */
  readonly parts: () => Parts
}

/** The change of epochs, which reaches into every other part. */
export function composeChange(
  { signer, rules, acceptsWitness = false }: PeerOptions,
  { roster, duty, digest, closing, carried, parts }: Around,
): Change {
  return new Change({
    signer,
    roster,
    duty,
    rules,
    acceptsWitness,
    digest,
    closing,
    ledger: () => parts().ledger,
    agreement: () => parts().agreement,
    carried(instance) {
      const held = carried.get(instance)
      return held === undefined ? undefined : valueDigestOf(held.value)
    },
    isDecided: (instance) => isDecided(parts(), instance),
    compare: (out, peer) => parts().sync.compare(out, peer),
    serve: () => parts().sync.serve,
    arrived: (out, list) => parts().sync.facts.arrived(out, list),
    begun(out) {
      parts().jobs.onEpoch(out)
      parts().trust.onEpoch(out)
    },
    decided: (out, order) => parts().epochCommands.onDecided(out, order),
  })
}

/** Whether this peer knows how an instance was decided. */
export function isDecided({ jobs, ledger, trust }: Parts, instance: InstanceId): boolean {
  const job = parseJobInstance(instance)
  if (job !== undefined) return (jobs.heads.get(job.job)?.step ?? -1) >= job.step
  const fork = parseResolveInstance(instance)
  if (fork !== undefined) return ledger.resolved(fork.account, fork.number) !== undefined
  const snapshot = parseTrustInstance(instance)
  return snapshot !== undefined && snapshot <= trust.number
}
