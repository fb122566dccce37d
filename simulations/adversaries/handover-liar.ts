import { PROPOSAL, valueDigestOf } from '../../protocol/agreement/messages.ts'
import type { BodyOf } from '../../protocol/encoding/kinds.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { handoverDigestOf, splitHandover } from '../../protocol/epoch/handover.ts'
import type { Handover } from '../../protocol/epoch/messages.ts'
import type { Digest } from '../../protocol/ids.ts'
import { entryIdOf, type SignedEntry, VOTE } from '../../protocol/ledger/entry.ts'
import { type CreateAdversary, type Means, plain, signed } from './adversary.ts'
import { createSideProposals, type Proposal } from './side-proposals.ts'

const LIES_PPM = 700_000
const NOTHING: Handover = { locks: [], prepared: [] }

type Report = BodyOf<'epoch-report'>

/**
 * A witness that lies where an epoch ends: it leaves out of its report what it is bound to, or names another state; it
 * serves other parts than it was asked for; as a proposer it hides entries and prepared values that it was told of; and
 * then it votes as if the epoch hadn't ended.
 */
export const createHandoverLiar: CreateAdversary = (means) => {
  const { random, roster } = means
  const side = createSideProposals(means)
  const told = new Map<string, Report>()
  const made = new Map<Digest, Handover>()
  const twins = new Map<string, Proposal>()

  const twinOf = (proposal: Proposal): Proposal => {
    const { instance, epoch, round } = proposal.proposal.body
    const name = `${instance} ${epoch}.${round}`
    const twin = twins.get(name) ?? hiding(means, proposal, [...told.values()], made)
    twins.set(name, twin)
    return twin
  }

  return {
    incoming(message) {
      if (message.kind === 'epoch-report' && message.body.number === roster.epoch.number + 1)
        told.set(`${message.from} ${message.body.part}`, message.body)
      if (message.kind === 'handover-fetch') {
        const part = made.get(message.body.chunk)
        if (part !== undefined) return { handled: [plain(means, message.from, 'handover', part)] }
      }
      return side.onMessage(message)
    },
    outgoing(sent) {
      if (sent.kind === 'propose' && sent.body.value.type === 'epoch') {
        const other = side.show(sent.to, twinOf(sent.body))
        return random.pick([[sent], [other], [other, sent], [sent, other]])
      }
      if (!random.chance(LIES_PPM)) return [sent]
      if (sent.kind === 'vote' && sent.body.epoch > 0)
        return [signed(means, sent.to, VOTE, { ...sent.body, epoch: sent.body.epoch - 1 })]
      if (sent.kind === 'epoch-report') return [plain(means, sent.to, 'epoch-report', lie(means, sent.body))]
      if (sent.kind === 'handover') return [plain(means, sent.to, 'handover', NOTHING)]
      if (sent.kind === 'closing-reply') {
        const bucket = sent.body.bucket === null ? 0 : null
        return [plain(means, sent.to, 'closing-reply', { ...sent.body, bucket })]
      }
      return [sent]
    },
  }
}

function lie({ random, roster }: Means, report: Report): Report {
  const { listed } = report
  return random.pick<Report>([
    { ...report, listed: { ...listed, locks: [] } },
    { ...report, listed: { ...listed, prepared: [] } },
    { ...report, listed: NOTHING },
    // Any digest does; a state is none.
    { ...report, root: roster.charter.rules },
    { ...report, parts: report.parts + 1 },
  ])
}

/** A value that lists nothing, or all that was reported but for some entries, or no prepared values. */
function hiding(
  { signer, roster, random }: Means,
  { proposal, value, newviews }: Proposal,
  told: readonly Report[],
  made: Map<Digest, Handover>,
): Proposal {
  if (value.type !== 'epoch') throw new RangeError('a value of another kind')
  const locks = new Map<string, SignedEntry>()
  for (const { listed } of told) for (const entry of listed.locks) locks.set(entryIdOf(entry), entry)
  const prepared = new Map(
    told.flatMap(({ listed }) =>
      listed.prepared.map((one) => [one.certificate.ballot.instance, one] as const),
    ),
  )
  const handover = random.pick<Handover>([
    NOTHING,
    { locks: [...locks.values()].slice(random.below(2)), prepared: [] },
    { locks: [...locks.values()].slice(1), prepared: [...prepared.values()] },
  ])
  const parts = splitHandover(handover)
  for (const part of parts) made.set(handoverDigestOf(part), part)
  const other = { ...value, handover: parts.map(handoverDigestOf) }
  const body = { ...proposal.body, value: valueDigestOf(other) }
  return { proposal: sign(signer, roster.swarm, PROPOSAL, body), value: other, newviews }
}
