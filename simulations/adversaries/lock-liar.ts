import type { Certificate } from '../../protocol/ledger/certificate.ts'
import { entryIdOf, type SignedEntry } from '../../protocol/ledger/entry.ts'
import type { CertifyReply } from '../../protocol/ledger/messages.ts'
import type { Message } from '../../protocol/intake/message.ts'
import { type CreateAdversary, plain } from './adversary.ts'

const REMEMBERED_MAX = 32
const LIES_PPM = 800_000

type Outcome = CertifyReply['outcome']

/** A witness that lies about what it is bound to: calls entries unknown, in conflict, certified, refused. */
export const createLockLiar: CreateAdversary = (means) => {
  const { random } = means
  const entries: SignedEntry[] = []
  const certificates: Certificate[] = []

  const remember = (message: Message) => {
    if (message.kind === 'certify' && entries.length < REMEMBERED_MAX) entries.push(message.body.entry)
    if (message.kind !== 'facts') return
    for (const fact of message.body.facts) {
      if (fact.type === 'certificate' && certificates.length < REMEMBERED_MAX)
        certificates.push(fact.certificate)
    }
  }

  const lie = (entry: SignedEntry): Outcome => {
    const lies: Outcome[] = [
      { type: 'missing', ids: [entry.body.prev] },
      { type: 'missing', ids: [entryIdOf(entry)] },
      { type: 'conflict', entry: random.pick(entries) },
      {
        type: 'reject',
        code: random.pick(['wrong_prev', 'balance_negative', 'claim_already_made'] as const),
      },
      { type: 'stopped' },
      { type: 'epoch', epoch: 7 },
    ]
    if (certificates.length > 0) lies.push({ type: 'certified', certificate: random.pick(certificates) })
    return random.pick(lies)
  }

  return {
    incoming(message) {
      remember(message)
      if (message.kind !== 'certify' || !random.chance(LIES_PPM)) return []
      const { entry } = message.body
      const reply = { entry: entryIdOf(entry), outcome: lie(entry) }
      return { handled: [plain(means, message.from, 'certify-reply', reply)] }
    },
  }
}
