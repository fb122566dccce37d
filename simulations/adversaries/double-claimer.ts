import { sign } from '../../protocol/encoding/signed.ts'
import { totalsOf } from '../../protocol/ledger/apply.ts'
import { ENTRY, type Entry, type OutputRef, type SignedEntry } from '../../protocol/ledger/entry.ts'
import { compareRefs } from '../../protocol/ledger/validate.ts'
import { type CreateAdversary } from './adversary.ts'
import { createSideDriver } from './side-driver.ts'

interface Claimed {
  readonly ref: OutputRef
  readonly amount: bigint
}

/** Claims one output twice: within one entry, or again in a later one. */
export const createDoubleClaimer: CreateAdversary = (means, view) => {
  const { signer, roster, random } = means
  const side = createSideDriver(means)
  const claimed = new Map<string, Claimed>()
  const greedy = new Map<number, SignedEntry>()

  /** An entry's single claim tells its amount; with several only their sum is known. */
  const learn = ({ seq, claims, ops, free }: Entry) => {
    const account = view.account(signer.id)
    const before = account?.seq === seq ? account.free : seq === 0 ? 0n : undefined
    const [ref, ...others] = claims
    if (ref === undefined || others.length > 0 || before === undefined) return
    const amount = free + totalsOf({ ops }).spent - before
    claimed.set(`${ref.source}/${ref.index}`, { ref, amount })
  }

  const greedyOf = ({ body }: SignedEntry): SignedEntry | undefined => {
    learn(body)
    if (claimed.size === 0) return undefined
    const { ref, amount } = random.pick([...claimed.values()])
    const claims = [...body.claims, ref].sort(compareRefs)
    return sign(signer, roster.swarm, ENTRY, { ...body, claims, free: body.free + amount })
  }

  return {
    incoming: (message) => side.onMessage(message),
    outgoing(sent) {
      if (sent.kind !== 'certify' || sent.body.entry.signer !== signer.id) return [sent]
      const { entry } = sent.body
      const made = greedy.get(entry.body.seq) ?? greedyOf(entry)
      if (made === undefined) return [sent]
      greedy.set(entry.body.seq, made)
      // No correct witness votes for the greedy one, so the honest one still gets its certificate.
      return [side.ask(sent.to, made), sent]
    },
  }
}
