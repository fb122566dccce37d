import { PROPOSAL, valueDigestOf } from '../../protocol/agreement/messages.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { entryIdOf, type SignedEntry } from '../../protocol/ledger/entry.ts'
import type { ForkProof } from '../../protocol/ledger/resolution.ts'
import { type CreateAdversary, type Means, plain } from './adversary.ts'
import { createFalseLists } from './false-lists.ts'
import { createSideProposals, type Proposal } from './side-proposals.ts'

const REMEMBERED_MAX = 32
const LISTS_PPM = 700_000
const SETTLES_PPM = 700_000

/**
 * A witness that helps others to what they have no right to any more. Where an epoch ends it lists the entries that it was
 * asked for in vain; and where it proposes how a fork is settled it names the entry that its mind leaves out.
 */
export const createAccomplice: CreateAdversary = (means, view) => {
  const { random } = means
  const heard = new Map<string, SignedEntry>()
  const proofs = new Map<string, ForkProof>()
  const lists = createFalseLists(means)
  const side = createSideProposals(means)
  const learn = (entry: SignedEntry) => {
    if (heard.size < REMEMBERED_MAX) heard.set(entryIdOf(entry), entry)
  }
  const open = () =>
    [...heard.values()].filter(({ body }) => body.seq >= (view.account(body.account)?.seq ?? 0))

  return {
    incoming(message) {
      const piece = lists.serve(message)
      if (piece !== undefined) return { handled: [piece] }
      if (message.kind === 'certify') learn(message.body.entry)
      if (message.kind === 'resolve') proofs.set(message.body.request.body.account, message.body.proof)
      return side.onMessage(message)
    },
    outgoing(sent) {
      if (sent.kind === 'propose' && random.chance(SETTLES_PPM)) {
        const twin = otherwise(means, proofs, sent.body)
        return twin === undefined ? [sent] : [side.show(sent.to, twin)]
      }
      if (sent.kind !== 'epoch-report' || !random.chance(LISTS_PPM)) return [sent]
      const list = lists.make({ locks: open(), prepared: [] }, sent.body.number)
      return [plain(means, sent.to, 'epoch-report', { ...sent.body, list })]
    },
  }
}

/** The same fork settled by the entry that the value doesn't name; undefined where it names both, or is about another. */
function otherwise(
  { signer, roster }: Means,
  proofs: ReadonlyMap<string, ForkProof>,
  { proposal, value, newviews }: Proposal,
): Proposal | undefined {
  const proof = value.type === 'resolve' ? proofs.get(value.account) : undefined
  if (value.type !== 'resolve' || proof?.first.body.seq !== value.seq) return undefined
  const named = new Set(value.entries.map(entryIdOf))
  const [left, ...others] = [proof.first, proof.second].filter((entry) => !named.has(entryIdOf(entry)))
  if (left === undefined || others.length > 0) return undefined
  const other = { ...value, entries: [left] }
  const body = { ...proposal.body, value: valueDigestOf(other) }
  return { proposal: sign(signer, roster.swarm, PROPOSAL, body), value: other, newviews }
}
