import type { PeerId } from '../../protocol/ids.ts'
import { SEAL } from '../../protocol/jobs/messages.ts'
import { type CreateAdversary, type Means, type Outgoing, plain, signed } from './adversary.ts'

const everybody = ({ roster, signer }: Means, make: (to: PeerId) => Outgoing): readonly Outgoing[] =>
  [...roster.members()].flatMap(({ peer }) => (peer === signer.id ? [] : [make(peer)]))

/** Seals as soon as it hears of an attempt, with the commit that it hears of, or without any. */
export const createEarlySealer: CreateAdversary = (means) => {
  const sealed = new Set<string>()
  return {
    incoming(message) {
      if (message.kind !== 'lease' && message.kind !== 'job-commit') return []
      const { job, step } = message.body
      const name = `${job}/${step}`
      if (sealed.has(name)) return []
      sealed.add(name)
      const commits = message.kind === 'lease' ? [] : [message]
      const seal = {
        job,
        step,
        commits: commits.map(({ signer, body, bytes, sig }) => ({ signer, body, bytes, sig })),
        started: [],
      }
      return everybody(means, (to) => signed(means, to, SEAL, seal))
    },
    // Its mind's comes too late.
    outgoing: (sent) => (sent.kind === 'seal' ? [] : [sent]),
  }
}

const LEFT_OUT_PPM = 500_000

/**
 * The witness of a pair: it shows every answer to all members as soon as it sees it, the other one of the pair among them,
 * and leaves others' commits out of its seal.
 */
export const createLeakingWitness: CreateAdversary = (means) => {
  const isLeftOut = new Map<PeerId, boolean>()
  const leavesOut = (peer: PeerId): boolean => {
    const known = isLeftOut.get(peer) ?? means.random.chance(LEFT_OUT_PPM)
    isLeftOut.set(peer, known)
    return known
  }
  return {
    incoming(message) {
      if (message.kind !== 'reveal') return []
      return everybody(means, (to) => plain(means, to, 'reveal', message.body))
    },
    outgoing(sent) {
      if (sent.kind !== 'seal') return [sent]
      const commits = sent.body.commits.filter(({ signer }) => !leavesOut(signer))
      return [signed(means, sent.to, SEAL, { ...sent.body, commits })]
    },
  }
}

/** A witness that acknowledges each commit and has none of them in its seal. */
export const createHeldLiar: CreateAdversary = (means) => ({
  incoming(message) {
    if (message.kind !== 'job-commit') return []
    const { job, step, slot, commitment } = message.body
    return { handled: [plain(means, message.from, 'held', { job, step, slot, commitment })] }
  },
})
