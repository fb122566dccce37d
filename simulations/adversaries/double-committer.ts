import { COMMIT } from '../../protocol/jobs/messages.ts'
import { type CreateAdversary, signed } from './adversary.ts'

const TWICE_PPM = 600_000

/** A runner that binds itself to two answers, or to one in two slots: some witnesses get one, some the other, some both. */
export const createDoubleCommitter: CreateAdversary = (means) => ({
  outgoing(sent) {
    if (sent.kind !== 'job-commit' || !means.random.chance(TWICE_PPM)) return [sent]
    const { body } = sent
    const digits = body.commitment.startsWith('00') ? 'ff' : '00'
    const commitment = `${digits}${body.commitment.slice(2)}` as typeof body.commitment
    const other = means.random.pick([
      { ...body, commitment },
      { ...body, slot: body.slot === 0 ? 1 : 0, rank: means.random.below(2) },
    ])
    const lie = signed(means, sent.to, COMMIT, other)
    return means.random.pick([[lie], [lie, sent], [sent, lie]])
  },
})
