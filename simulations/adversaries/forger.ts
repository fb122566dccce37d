import type { Certificate } from '../../protocol/ledger/certificate.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { ENTRY, type SignedEntry } from '../../protocol/ledger/entry.ts'
import { certificateFact } from '../../protocol/ledger/fact.ts'
import { type CreateAdversary, plain, toWitnesses } from './adversary.ts'

const REMEMBERED_MAX = 16

/** Shows certificates that are none: too few signatures, others' signatures, another entry under them. */
export const createForger: CreateAdversary = (means) => {
  const { signer, roster, random } = means
  const seen: Certificate[] = []

  const rich = ({ body }: SignedEntry): SignedEntry =>
    sign(signer, roster.swarm, ENTRY, { ...body, free: body.free + 1n })

  const forged = ({ entry, quorum }: Certificate): Certificate => {
    const [first = new Uint8Array(64)] = quorum.sigs
    return random.pick<Certificate>([
      { entry: rich(entry), quorum },
      { entry: { ...rich(entry), signer: entry.signer }, quorum },
      { entry: rich(entry), quorum: { ...quorum, sigs: quorum.sigs.map(() => first) } },
      { entry, quorum: { ...quorum, sigs: quorum.sigs.slice(0, 1), signers: Uint8Array.of(1) } },
      { entry, quorum: { ...quorum, epoch: 1 } },
    ])
  }

  return {
    incoming(message) {
      if (message.kind !== 'facts') return []
      for (const fact of message.body.facts) {
        if (fact.type === 'certificate' && seen.length < REMEMBERED_MAX) seen.push(fact.certificate)
      }
      return []
    },
    tick() {
      if (seen.length === 0) return []
      const facts = [certificateFact(forged(random.pick(seen)))]
      return toWitnesses(means, (to) => plain(means, to, 'facts', { facts }))
    },
  }
}
