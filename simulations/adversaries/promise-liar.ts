import { NEWVIEW } from '../../protocol/agreement/messages.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { type CreateAdversary, plain } from './adversary.ts'

const LIES_PPM = 700_000

/** A witness that promises without what it is bound to: its NewViews leave out the prepared certificate. */
export const createPromiseLiar: CreateAdversary = (means) => ({
  outgoing(sent) {
    if (sent.kind !== 'promised' || !means.random.chance(LIES_PPM)) return [sent]
    const { signer, roster } = means
    const body = { ...sent.body.newview.body, prepared: null }
    const newview = sign(signer, roster.swarm, NEWVIEW, body)
    const lie = plain(means, sent.to, 'promised', { newview, value: null })
    // Both of them, in either order, are an equivocation besides.
    return means.random.pick([[lie], [lie, sent], [sent, lie]])
  },
})
