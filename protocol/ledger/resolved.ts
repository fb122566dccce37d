import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { digest, type Infer, list, nullable, struct, uint } from '../encoding/codec.ts'
import type { AccountId, EntryId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { resolutionLeaf } from '../sync/leaves.ts'
import type { StateDigest } from '../sync/state-digest.ts'

const resolvedCodec = struct({
  /** Digest of the decided value; of a merged fork it is the account's head behind this place. */
  value: digest(),
  /** Place that the decision settles; at or behind the one whose fork was shown. */
  seq: uint(),
  entries: list(digest<EntryId>(), { max: LIMITS.forkEntries }),
  /** Of a merged fork, the branch whose certificate is known: its outputs count. */
  surfaced: nullable(digest<EntryId>()),
})
/** How one fork was settled. */
export type Resolved = Infer<typeof resolvedCodec>

/** Settled forks by the instance that settled them. */
export interface ResolvedBook {
  /** By the instance's own place. */
  get(account: AccountId, instanceSeq: number): Resolved | undefined
  /** The resolution that stands at a place of the chain, with its instance's place. */
  at(
    account: AccountId,
    seq: number,
  ): { readonly instanceSeq: number; readonly resolved: Resolved } | undefined
  put(out: Outbox, account: AccountId, instanceSeq: number, resolved: Resolved): void
  restore(record: StoredRecord): void
}

export function createResolvedBook(digest: Pick<StateDigest, 'set'>): ResolvedBook {
  const byAccount = new Map<AccountId, Map<number, Resolved>>()

  function hold(account: AccountId, instanceSeq: number, resolved: Resolved): void {
    const held = byAccount.get(account) ?? new Map<number, Resolved>()
    byAccount.set(account, held.set(instanceSeq, resolved))
    const { value, surfaced } = resolved
    digest.set(`${PREFIXES.resolved}${account}/${instanceSeq}`, resolutionLeaf(value, surfaced))
  }

  return {
    get: (account, instanceSeq) => byAccount.get(account)?.get(instanceSeq),
    at(account, seq) {
      for (const [instanceSeq, resolved] of byAccount.get(account) ?? []) {
        if (resolved.seq === seq && resolved.entries.length > 0) return { instanceSeq, resolved }
      }
      return undefined
    },
    put(out, account, instanceSeq, resolved) {
      hold(account, instanceSeq, resolved)
      out.write(keys.resolved(account, instanceSeq), encodeBody(resolvedCodec, resolved))
    },
    restore({ key, value }) {
      const [account = '', seq = ''] = key.slice(PREFIXES.resolved.length).split('/')
      hold(account as AccountId, Number(seq), decodeRecord(resolvedCodec, value, key))
    },
  }
}

/** The parts of a leaf's key; undefined for the key of anything else. */
export function parseResolvedLeaf(key: string): { account: AccountId; seq: number } | undefined {
  if (!key.startsWith(PREFIXES.resolved)) return undefined
  const [account = '', seq = ''] = key.slice(PREFIXES.resolved.length).split('/')
  return { account: account as AccountId, seq: Number(seq) }
}

/** Several entries were merged: the account went on behind a head that is nobody's entry. */
export function isMerged({ entries }: Resolved): boolean {
  return entries.length > 1
}
