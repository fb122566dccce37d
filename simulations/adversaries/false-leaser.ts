import type { BodyOf } from '../../protocol/encoding/kinds.ts'
import { type CreateAdversary, plain } from './adversary.ts'

const LIES_PPM = 700_000
type Lease = BodyOf<'lease'>

/** Says of others' slots, of ranks that it doesn't hold, and of attempts that are over, that it is at work there or has failed. */
export const createFalseLeaser: CreateAdversary = (means, view) => {
  const { random, roster, signer } = means
  let heard: Lease | undefined
  const lie = (lease: Lease): Lease => ({
    ...lease,
    slot: random.below(lease.slot + 3),
    rank: random.below(3),
    state: random.pick(['started', 'progress', 'failed'] as const),
    tokens: random.below(1_000),
  })
  return {
    incoming(message) {
      if (message.kind === 'lease') heard = message.body
      return []
    },
    outgoing: (sent) =>
      sent.kind === 'lease' && random.chance(LIES_PPM)
        ? [plain(means, sent.to, 'lease', lie(sent.body)), sent]
        : [sent],
    tick() {
      const [open] = view.openJobs().filter(({ slots }) => slots.length > 0)
      const place = open?.slots.at(-1)
      const known: Lease | undefined =
        open && place
          ? { job: open.job, step: place.step, slot: place.slot, rank: 0, state: 'started', tokens: 0 }
          : heard
      if (known === undefined) return []
      return [...roster.members()].flatMap(({ peer }) =>
        peer === signer.id ? [] : [plain(means, peer, 'lease', lie(known))],
      )
    },
  }
}
