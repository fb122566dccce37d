import { hash } from '../crypto/digest.ts'
import { encodeBody } from '../encoding/body.ts'
import { amount, digest, type Infer, list, peerId, struct, text, uint, variants } from '../encoding/codec.ts'
import { type Signed, type SignedKind, signedCodec } from '../encoding/signed.ts'
import type { AccountId, Digest, EntryId, JobId, SwarmId } from '../ids.ts'
import { specCodec } from '../jobs/spec.ts'
import { LIMITS, OUTPUT_MIN } from '../params.ts'
import { joinCodec, revokeCodec } from '../swarm/invitation.ts'

/**
 * Where an output comes from: a certified entry, or a job's terminal decision. Entry ids and job ids are
 * digests under different domain tags and can't meet.
 */
export const outputRef = struct({ source: digest(), index: uint(0xffff) })
export type OutputRef = Infer<typeof outputRef>

export const operationCodec = variants({
  mint: struct({ to: peerId, amount: amount(OUTPUT_MIN), memo: text({ max: LIMITS.memoBytes }) }),
  transfer: struct({ to: peerId, amount: amount(OUTPUT_MIN), memo: text({ max: LIMITS.memoBytes }) }),
  open: struct({ spec: specCodec, escrow: amount(1n) }),
  /** The one entry of a token's chain: it makes a member. */
  join: joinCodec,
  revoke: revokeCodec,
})
export type Operation = Infer<typeof operationCodec>

/** What an operation gives to whom, as an output under the operation's index; undefined where it gives nothing. */
export function outputOf(
  operation: Operation,
): { readonly to: AccountId; readonly amount: bigint } | undefined {
  switch (operation.type) {
    case 'mint':
    case 'transfer':
      return operation
    case 'join': {
      const units = operation.invitation?.body.grant ?? 0n
      return units === 0n ? undefined : { to: operation.consent.signer, amount: units }
    }
    default:
      return undefined
  }
}

/**
 * One step of an account's chain (4.2). `claims` are strictly ascending; `free` is the balance after it.
 * An entry carries no epoch, so the identical entry can be certified in a later one.
 */
export const entryCodec = struct({
  account: peerId,
  seq: uint(),
  prev: digest(),
  claims: list(outputRef, { max: LIMITS.claims }),
  ops: list(operationCodec, { max: LIMITS.operations }),
  free: amount(),
})
export type Entry = Infer<typeof entryCodec>
export const ENTRY: SignedKind<Entry> = { kind: 'entry', body: entryCodec }
export const signedEntry = signedCodec(ENTRY)
export type SignedEntry = Signed<Entry>

/** Names a place of an account's chain, for all that is counted or kept by place; records have their own keys. */
export function placeOf({ account, seq }: Pick<Entry, 'account' | 'seq'>): string {
  return `${account}/${seq}`
}

// Naming an entry hashes its whole body, and several parts ask for the name of the same one.
const names = new WeakMap<Uint8Array, EntryId>()

/** The entry's name: the hash of its body alone, so that no signature malleability can rename it. */
export function entryIdOf({ bytes: body }: SignedEntry): EntryId {
  const known = names.get(body)
  if (known !== undefined) return known
  const name: EntryId = hash('entry', body)
  names.set(body, name)
  return name
}

const genesis = struct({ swarm: digest<SwarmId>(), account: peerId })

/** `prev` of an account's first entry. */
export function genesisOf(swarm: SwarmId, account: AccountId): Digest {
  return hash('genesis', encodeBody(genesis, { swarm, account }))
}

const jobName = struct({ account: peerId, nonce: uint() })

/** A job is named by its payer and a nonce, so it is the same job in whatever entry its `open` stands. */
export function jobIdOf(account: AccountId, nonce: number): JobId {
  return hash('job', encodeBody(jobName, { account, nonce }))
}

/** A witness's vote for one entry; a witness signs at most one for each (account, seq). */
export const voteCodec = struct({ epoch: uint(), account: peerId, seq: uint(), entry: digest<EntryId>() })
export type Vote = Infer<typeof voteCodec>
export const VOTE: SignedKind<Vote> = { kind: 'vote', body: voteCodec }
export const signedVote = signedCodec(VOTE)
