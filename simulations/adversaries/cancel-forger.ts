import { sign } from '../../protocol/encoding/signed.ts'
import { CANCEL } from '../../protocol/jobs/messages.ts'
import { type CreateAdversary, plain } from './adversary.ts'

/** Cancels jobs that others pay for: in its own name, in theirs without their key, and with their word about another job. */
export const createCancelForger: CreateAdversary = (means, view) => {
  const { signer, roster, random } = means
  return {
    tick() {
      const jobs = view.openJobs().filter(({ account }) => account !== signer.id)
      if (jobs.length === 0) return []
      const { job, account } = random.pick(jobs)
      const own = sign(signer, roster.swarm, CANCEL, { job })
      const cancel = random.pick([own, { ...own, signer: account }])
      return [...roster.members()].flatMap(({ peer }) =>
        peer === signer.id ? [] : [plain(means, peer, 'cancel', { cancel })],
      )
    },
  }
}
