import { COMMIT_BALLOT, NEWVIEW, PREPARE } from '../../protocol/agreement/messages.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { entryIdOf, VOTE } from '../../protocol/ledger/entry.ts'
import { type CreateAdversary, plain, signed } from './adversary.ts'

/** A witness that says yes to everything: to both of two entries, to every value of every round. */
export const createDoubleVoter: CreateAdversary = (means) => ({
  incoming(message) {
    const { from } = message
    switch (message.kind) {
      case 'certify': {
        const { epoch, entry } = message.body
        const { account, seq } = entry.body
        return { handled: [signed(means, from, VOTE, { epoch, account, seq, entry: entryIdOf(entry) })] }
      }
      case 'propose':
        return { handled: [signed(means, from, PREPARE, message.body.proposal.body)] }
      case 'prepared':
        return { handled: [signed(means, from, COMMIT_BALLOT, message.body.ballot)] }
      case 'newview-request': {
        const { signer, roster } = means
        const newview = sign(signer, roster.swarm, NEWVIEW, { ...message.body, prepared: null })
        return { handled: [plain(means, from, 'promised', { newview, value: null })] }
      }
      default:
        return []
    }
  },
})
