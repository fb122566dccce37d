import { PROPOSAL, valueDigestOf } from '../../protocol/agreement/messages.ts'
import type { BodyOf } from '../../protocol/encoding/kinds.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { instanceOf } from '../../protocol/epoch/handover.ts'
import type { Carried, Handover, Piece } from '../../protocol/epoch/messages.ts'
import type { Digest } from '../../protocol/ids.ts'
import { entryIdOf, type SignedEntry, VOTE } from '../../protocol/ledger/entry.ts'
import { type CreateAdversary, type Means, plain, signed } from './adversary.ts'
import { createFalseLists } from './false-lists.ts'
import { createSideProposals, type Proposal } from './side-proposals.ts'

const LIES_PPM = 700_000
const NOTHING: Handover = { locks: [], prepared: [] }

type Report = BodyOf<'epoch-report'>

/** What pieces that it has seen list, its own mind's and others'. */
interface Seen {
  readonly locks: Map<string, SignedEntry>
  readonly prepared: Map<string, Carried>
}

/**
 * A witness that lies where an epoch ends: it leaves out of its report what it is bound to, or names another state; it
 * serves other pieces than it was asked for; as a proposer it hides entries and prepared values that it was told of; and
 * then it votes as if the epoch hadn't ended.
 */
export const createHandoverLiar: CreateAdversary = (means) => {
  const { random, roster } = means
  const side = createSideProposals(means)
  const seen: Seen = { locks: new Map(), prepared: new Map() }
  const lists = createFalseLists(means)
  const twins = new Map<string, Proposal>()

  const see = (piece: Piece) => {
    if (piece.type !== 'part' || piece.number !== roster.epoch.number + 1) return
    for (const entry of piece.locks) seen.locks.set(entryIdOf(entry), entry)
    for (const one of piece.prepared) seen.prepared.set(instanceOf(one), one)
  }
  /** The name of a list that leaves something out. */
  const hide = (number: number): Digest => lists.make(leaving(means, seen), number)
  const twinOf = (proposal: Proposal): Proposal => {
    const { instance, epoch, round } = proposal.proposal.body
    const name = `${instance} ${epoch}.${round}`
    const twin = twins.get(name) ?? hiding(means, proposal, hide)
    twins.set(name, twin)
    return twin
  }

  return {
    incoming(message) {
      if (message.kind === 'handover') see(message.body)
      const piece = lists.serve(message)
      if (piece !== undefined) return { handled: [piece] }
      return side.onMessage(message)
    },
    outgoing(sent) {
      if (sent.kind === 'handover') see(sent.body)
      if (sent.kind === 'propose' && sent.body.value.type === 'epoch') {
        const other = side.show(sent.to, twinOf(sent.body))
        return random.pick([[sent], [other], [other, sent], [sent, other]])
      }
      if (!random.chance(LIES_PPM)) return [sent]
      if (sent.kind === 'vote' && sent.body.epoch > 0)
        return [signed(means, sent.to, VOTE, { ...sent.body, epoch: sent.body.epoch - 1 })]
      if (sent.kind === 'epoch-report')
        return [plain(means, sent.to, 'epoch-report', lie(means, sent.body, hide))]
      if (sent.kind === 'handover')
        return [plain(means, sent.to, 'handover', random.pick(emptyPieces(sent.body.number)))]
      if (sent.kind === 'closing-reply') {
        const bucket = sent.body.bucket === null ? 0 : null
        return [plain(means, sent.to, 'closing-reply', { ...sent.body, bucket })]
      }
      return [sent]
    },
  }
}

function emptyPieces(number: number): readonly Piece[] {
  return [
    { type: 'part', number, ...NOTHING },
    { type: 'list', number, parts: [] },
  ]
}

function lie({ random, roster }: Means, report: Report, hide: (number: number) => Digest): Report {
  return random.pick<Report>([
    { ...report, list: hide(report.number) },
    // A list that nobody has.
    { ...report, list: report.root },
    // Any digest does; a state is none.
    { ...report, root: roster.charter.rules },
  ])
}

/** Nothing, or all that was seen but for some entries, or no prepared values. */
function leaving({ random }: Means, { locks, prepared }: Seen): Handover {
  return random.pick<Handover>([
    NOTHING,
    { locks: [...locks.values()].slice(random.below(2)), prepared: [] },
    { locks: [...locks.values()].slice(1), prepared: [...prepared.values()] },
  ])
}

/** The same value with another handover. */
function hiding(
  { signer, roster }: Means,
  { proposal, value, newviews }: Proposal,
  hide: (number: number) => Digest,
): Proposal {
  if (value.type !== 'epoch') throw new RangeError('a value of another kind')
  const other = { ...value, handover: hide(value.order.body.number) }
  const body = { ...proposal.body, value: valueDigestOf(other) }
  return { proposal: sign(signer, roster.swarm, PROPOSAL, body), value: other, newviews }
}
