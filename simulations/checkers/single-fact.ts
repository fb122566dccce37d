import { ballotCodec, COMMIT_BALLOT, PREPARE } from '../../protocol/agreement/messages.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import { type QuorumEvidence, type SignedEvidence, TRUSTED } from '../../protocol/encoding/evidence.ts'
import { signingBytes } from '../../protocol/encoding/signed.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { ENTRY, VOTE, voteCodec } from '../../protocol/ledger/entry.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { Write } from '../../protocol/records/record.ts'
import { type CreateChecker, type Facts, quorumOf } from './checker.ts'
import { createForkRecord, placeName } from './fork-record.ts'

interface Claim {
  /** What can be settled once: a chain position, an instance, a round's prepared value. */
  readonly subject: string
  readonly value: string
  readonly epoch: number
  /** Votes count together only within one epoch and round. */
  readonly tally: string
}

/**
 * At most one certificate's entry per (account, seq) and one decided value per instance (12.2), over all that
 * any disk or wire ever held: quorums that somebody assembled, and votes that somebody could assemble. A fork's
 * resolution certifies its only entry; `fork-record.ts` says what else it rules out.
 */
export const createSingleFactChecker: CreateChecker = (facts, report) => {
  const witnessesOf = (epoch: number) => facts.epochOf(epoch)?.witnesses ?? []
  const quorumIn = (epoch: number) => quorumOf(witnessesOf(epoch).length)
  const settled = new Map<string, string>()
  const forks = createForkRecord(report)
  const voters = new Map<string, Set<PeerId>>()

  const settle = ({ subject, value }: Pick<Claim, 'subject' | 'value'>) => {
    const before = settled.get(subject)
    if (before !== undefined && before !== value) report(`two values are settled: ${subject}`)
    settled.set(subject, value)
    forks.settled(subject, value)
  }

  const count = (claim: Claim, voter: PeerId) => {
    const set = voters.get(claim.tally) ?? new Set()
    voters.set(claim.tally, set.add(voter))
    if (set.size >= quorumIn(claim.epoch)) settle(claim)
  }

  return {
    stored(_peer, writes) {
      for (const [account, resolutions] of facts.read(resolutionsOf(writes)).resolutions)
        for (const resolution of resolutions) {
          forks.resolved(account, resolution)
          const [only, ...others] = resolution.entries
          const subject = placeName(account, resolution.seq)
          if (only !== undefined && others.length === 0) settle({ subject, value: only.id })
        }
    },
    evidence(peer, { signed, quorums }) {
      for (const { kind, body } of signed) if (kind === ENTRY.kind) forks.entry(body)
      for (const evidence of quorums) {
        const claim = claimOf(evidence.kind, evidence.body)
        if (claim === undefined) continue
        // A stolen key's quorum is nothing as long as no correct peer believes it.
        if (evidence.sigs.some(facts.isForged) && !facts.correct.has(peer)) continue
        if (validSigners(facts, evidence, witnessesOf(claim.epoch)).size >= quorumIn(claim.epoch))
          settle(claim)
        // What an adversary shows is refused at the door; who runs the real mind never shows it.
        else if (facts.correct.has(peer)) report(`${peer} shows a weak quorum: ${claim.subject}`)
      }
      for (const vote of signed) {
        const claim = claimOf(vote.kind, vote.body)
        if (claim === undefined || !witnessesOf(claim.epoch).includes(vote.signer)) continue
        if (facts.isForged(vote.sig)) continue
        if (voters.get(claim.tally)?.has(vote.signer) !== true && isValid(facts, vote))
          count(claim, vote.signer)
      }
    },
  }
}

function resolutionsOf(writes: readonly Write[]): ReadonlyMap<string, Uint8Array> {
  return new Map(
    writes.flatMap(({ key, value }) =>
      value !== null && key.startsWith(PREFIXES.resolution) ? [[key, value] as const] : [],
    ),
  )
}

function claimOf(kind: string, body: Uint8Array): Claim | undefined {
  if (kind === VOTE.kind) {
    const { account, seq, epoch, entry } = decodeBody(voteCodec, body, 'vote', TRUSTED)
    const subject = placeName(account, seq)
    return { subject, value: entry, epoch, tally: `${subject} ${epoch} ${entry}` }
  }
  if (kind !== PREPARE.kind && kind !== COMMIT_BALLOT.kind) return undefined
  const { instance, epoch, round, value } = decodeBody(ballotCodec, body, 'ballot', TRUSTED)
  const subject = kind === PREPARE.kind ? `prepare ${instance} ${epoch}.${round}` : `decision ${instance}`
  return { subject, value, epoch, tally: `${kind} ${instance} ${epoch}.${round} ${value}` }
}

/** Distinct witnesses of the bitmap whose signature holds; least significant bit first. */
function validSigners(
  facts: Facts,
  { kind, signers, sigs, body }: QuorumEvidence,
  witnesses: readonly PeerId[],
): ReadonlySet<PeerId> {
  const named = witnesses.filter((_, at) => ((signers[at >> 3] ?? 0) >> (at & 7)) & 1)
  if (named.length !== sigs.length) return new Set()
  return new Set(
    named.filter((signer, at) => {
      const sig = sigs[at]
      return sig !== undefined && isValid(facts, { kind, signer, body, sig })
    }),
  )
}

function isValid(facts: Facts, { kind, signer, body, sig }: SignedEvidence): boolean {
  return facts.verify({ signer, message: signingBytes(kind, facts.swarm, body), sig })
}
