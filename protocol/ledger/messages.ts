import {
  digest,
  type Infer,
  list,
  nullable,
  oneOf,
  peerId,
  struct,
  uint,
  variants,
} from '../encoding/codec.ts'
import type { EntryId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import { ADMISSION_FAULTS, ADMISSION_REFUSALS } from '../swarm/admission.ts'
import { certificateCodec } from './certificate.ts'
import { signedEntry } from './entry.ts'
import { factCodec } from './fact.ts'

/** An empty list ends the answer to a `sync-fetch`. */
export const factsCodec = struct({ facts: list(factCodec, { max: LIMITS.facts }) })

/** Asks a witness to vote for an entry; `evidence` are facts that the entry's claims rest on. */
export const certifyCodec = struct({
  epoch: uint(),
  entry: signedEntry,
  evidence: list(factCodec, { max: LIMITS.facts }),
})

/** Reasons for which a witness doesn't vote for an entry as it stands. */
export const ENTRY_FAULTS = [
  'wrong_signer',
  'empty_entry',
  'wrong_prev',
  'entry_too_large',
  'wrong_seq',
  'genesis_without_claim',
  'claims_not_ascending',
  'claim_not_addressed',
  'claim_already_made',
  'claim_unknown_output',
  'balance_mismatch',
  'balance_negative',
  'amount_overflow',
  'not_a_minter',
  'nonce_not_rising',
  'spec_invalid',
  'prompt_rules_unknown',
  ...ADMISSION_FAULTS,
  ...ADMISSION_REFUSALS,
] as const
export type EntryFault = (typeof ENTRY_FAULTS)[number]

/** A witness's answer where it isn't a vote (4.6). */
export const certifyReplyCodec = struct({
  entry: digest<EntryId>(),
  outcome: variants({
    certified: struct({ certificate: certificateCodec }),
    missing: struct({ ids: list(digest(), { min: 1, max: LIMITS.missing }) }),
    conflict: struct({ entry: signedEntry }),
    epoch: struct({ epoch: uint() }),
    stopped: struct({}),
    reject: struct({ code: oneOf(...ENTRY_FAULTS) }),
  }),
})
export type CertifyReply = Infer<typeof certifyReplyCodec>

/** An owner asks a witness where its account stands. */
export const headQueryCodec = struct({ account: peerId })

/** The account's next place, and the entry that the witness is bound to there. */
export const headReplyCodec = struct({ account: peerId, seq: uint(), entry: nullable(signedEntry) })

/** Gossip: what was certified or decided lately. Always a hint; whoever lacks it fetches it. */
export const ANNOUNCE = {
  kind: 'announce',
  body: struct({
    entries: list(struct({ account: peerId, seq: uint(), entry: digest<EntryId>() }), {
      max: LIMITS.announced,
    }),
    jobs: list(struct({ job: digest(), step: uint(LIMITS.steps) }), { max: LIMITS.announced }),
    /** Number of the newest trust snapshot. */
    trust: nullable(uint(Number.MAX_SAFE_INTEGER, 1)),
  }),
} as const
export type Announcement = Infer<typeof ANNOUNCE.body>
