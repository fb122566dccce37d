import { hash } from '../crypto/digest.ts'
import { encodeBody } from '../encoding/body.ts'
import {
  amount,
  bytes,
  digest,
  flag,
  type Infer,
  list,
  oneOf,
  peerId,
  struct,
  text,
  uint,
} from '../encoding/codec.ts'
import { remembered } from '../encoding/remembered.ts'
import { type Signed, signedCodec } from '../encoding/signed.ts'
import { type Digest, type JobId, type PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import { blobRef, offerCodec } from './spec.ts'

const job = digest<JobId>()
const step = uint(LIMITS.steps)
const slot = uint(LIMITS.slots - 1)

/** A node offers to run a job (6.3); `payout` is the account that the price is paid to. */
export const BID = {
  kind: 'bid',
  body: struct({ job, offer: offerCodec, payout: peerId }),
} as const
export type Bid = Infer<typeof BID.body>
export const signedBid = signedCodec(BID)

/** A witness's signature over a job's id, given once `open` is certified: the election's tie-break seed. */
export const BEACON = { kind: 'beacon', body: struct({ job }) } as const
export const signedBeacon = signedCodec(BEACON)

/** A would-be replica holds the prompt (6.4). */
export const STORED = { kind: 'stored', body: struct({ job, prompt: digest() }) } as const
export const signedStored = signedCodec(STORED)

/** A runner binds itself to an answer without showing it (6.6). */
export const COMMIT = {
  kind: 'job-commit',
  body: struct({ job, step, slot, rank: uint(LIMITS.standbys), commitment: digest() }),
} as const
export type Commit = Infer<typeof COMMIT.body>
export const signedCommit = signedCodec(COMMIT)

/** A witness closes its book on an attempt: the first commit of each peer that it had, and whom it saw start, at which slot. */
export const SEAL = {
  kind: 'seal',
  body: struct({
    job,
    step,
    commits: list(signedCommit, { max: LIMITS.slots }),
    started: list(struct({ slot, peer: peerId }), { max: LIMITS.slots }),
  }),
} as const
export type Seal = Infer<typeof SEAL.body>
export const signedSeal = signedCodec(SEAL)

/** The payer wants no more of its job (6.10). Its account is any key, so whoever is told this may have it from somebody else. */
export const CANCEL = { kind: 'cancel', body: struct({ job }) } as const
export type Cancel = Infer<typeof CANCEL.body>
export const signedCancel = signedCodec(CANCEL)

/**
 * A runner opens its commitment (6.7). It is signed, and names the seals on which the runner relied: a
 * steward can neither invent a reveal's seals nor pass over a witness that sealed twice.
 */
export const REVEAL = {
  kind: 'reveal',
  body: struct({
    job,
    step,
    slot,
    salt: bytes({ min: 32, max: 32 }),
    answer: blobRef,
    seals: list(struct({ witness: peerId, seal: digest() }), { min: 1, max: LIMITS.witnesses }),
  }),
} as const
export type Reveal = Infer<typeof REVEAL.body>
export const signedReveal = signedCodec(REVEAL)

/** More runs than any node has at once. */
export const BUSY_MAX = 1_024

/** Nodes and models of a member, latest only (8). A hint for candidates and pages; no rule reads it. */
export const HEARTBEAT = {
  kind: 'heartbeat',
  body: struct({
    boot: uint(),
    seq: uint(),
    /** The sender's wall time. For people whose clock is wrong: no rule reads it. */
    sentMs: uint(),
    nodes: list(
      struct({
        models: list(
          struct({
            name: text({ min: 1, max: LIMITS.modelNameBytes }),
            digest: digest(),
            warm: flag,
            price: amount(),
          }),
          { max: LIMITS.models },
        ),
        vramFreeMb: uint(16_777_216),
        vramTotalMb: uint(16_777_216),
        loadMilli: uint(1_000),
        slots: uint(1_024),
        /** Runs that it was elected for and isn't done with. */
        busy: uint(BUSY_MAX),
        modes: list(oneOf('process', 'container'), { max: 2 }),
        region: text({ max: LIMITS.regionBytes }),
      }),
      { max: LIMITS.nodes },
    ),
    addresses: list(text({ max: LIMITS.addressBytes }), { max: LIMITS.addresses }),
    root: digest(),
    version: text({ max: 32 }),
    rules: digest(),
    /** The sender may have forgotten votes, and signs none again under its key (4.10). For people: no rule reads it. */
    lost: flag,
  }),
} as const
export type Heartbeat = Infer<typeof HEARTBEAT.body>

const commitment = struct({
  job,
  step,
  slot,
  peer: peerId,
  salt: bytes({ min: 32, max: 32 }),
  /** Digest and size: with the digest alone a runner could name a size that no body has. */
  answer: blobRef,
})

/** H("commit", ...): binding by the hash, hiding by the salt; the peer is in it, so a copied commitment opens for nobody else. */
export function commitmentOf(value: Infer<typeof commitment>): Digest {
  return hash('commit', encodeBody(commitment, value))
}

/** The commitment that a reveal opens. */
export const openedBy: (reveal: Signed<Reveal>) => Digest = remembered(({ signer, body }) => {
  const { job, step, slot, salt, answer } = body
  return commitmentOf({ job, step, slot, peer: signer, salt, answer })
})

/** Names a seal by its body, whichever message carried it. */
export const sealDigestOf: (seal: Signed<Seal>) => Digest = remembered(({ bytes }) => hash('seal', bytes))

/** The tie-break seed of an election: the job and a witness's signature that the payer could not foresee. */
export function electionSeed(job: JobId, beacon: Signed<{ readonly job: JobId }>): Digest {
  return hash(
    'seed',
    encodeBody(struct({ job: digest(), beacon: bytes({ max: 64 }) }), { job, beacon: beacon.sig }),
  )
}

/** Order of witnesses for one instance: by H(instance, peer), so duties spread and nobody chooses them. */
export function orderFor(name: string, peers: readonly PeerId[]): readonly PeerId[] {
  const rank = struct({ name: text({ max: 256 }), peer: peerId })
  const ranked = peers.map((peer) => ({ peer, key: hash('order', encodeBody(rank, { name, peer })) }))
  return ranked.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ peer }) => peer)
}
