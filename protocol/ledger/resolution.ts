import { digest, type Infer, list, peerId, struct, uint, type ValueOf } from '../encoding/codec.ts'
import { signedCodec } from '../encoding/signed.ts'
import type { AccountId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import { entryIdOf, signedEntry, type SignedEntry } from './entry.ts'

/** The owner asks for a fork of its account to be settled; witnesses stop voting for the account (5.7). */
export const RESOLVE = { kind: 'resolve', body: struct({ account: peerId, seq: uint() }) } as const

/** Two signed bodies for one place of a chain: nobody but the owner of the key can make them (4.8). */
export const forkProofCodec = struct({ first: signedEntry, second: signedEntry })
export type ForkProof = Infer<typeof forkProofCodec>

/** The gossiped form: whoever finds a fork says so once, under its own name. */
export const FORK = { kind: 'fork', body: forkProofCodec } as const

export const resolveCodec = struct({ request: signedCodec(RESOLVE), proof: forkProofCodec })
export type ResolveMessage = Infer<typeof resolveCodec>

/**
 * What a `resolve` decides: the account goes on at `seq` behind `head`, its newest certified entry. `entries`
 * are the owner's signed entries for that place, by ascending id: none ends the matter, one is certified by
 * the decision, several merge into a virtual head.
 */
export const resolutionValues = {
  resolve: struct({
    account: peerId,
    seq: uint(),
    head: digest(),
    entries: list(signedEntry, { max: LIMITS.forkEntries }),
  }),
} as const
export type Resolution = ValueOf<typeof resolutionValues>

/** A proof's entries in the one order that it has; undefined when they prove nothing. */
export function forkProofOf(one: SignedEntry, other: SignedEntry): ForkProof | undefined {
  const sameOwner = one.signer === one.body.account && other.signer === one.signer
  const samePlace = one.body.account === other.body.account && one.body.seq === other.body.seq
  if (!sameOwner || !samePlace || entryIdOf(one) === entryIdOf(other)) return undefined
  return entryIdOf(one) < entryIdOf(other) ? { first: one, second: other } : { first: other, second: one }
}

/** Whose fork a proof shows and where; undefined for two entries that prove nothing. */
export function placeOfFork({ first, second }: ForkProof): { account: AccountId; seq: number } | undefined {
  const proof = forkProofOf(first, second)
  return proof === undefined ? undefined : { account: first.body.account, seq: first.body.seq }
}
