import { formatCredits } from '../../protocol/api/credits.ts'
import type { CertifiedEntry } from '../../protocol/api/entry-schema.ts'
import { bitmapPositions } from '../../protocol/encoding/quorum.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { jobIdOf, type Operation, outputOf } from '../../protocol/ledger/entry.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import type { EntryView } from './backend.ts'

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function operationOf(operation: Operation, account: AccountId): CertifiedEntry['operations'][number] {
  const { type } = operation
  if (type === 'open') {
    const { spec, escrow } = operation
    const job = jobIdOf(account, spec.nonce)
    return { type, to: null, amount: formatCredits(escrow), memo: null, job_id: job }
  }
  const made = outputOf(operation)
  const memo = type === 'mint' || type === 'transfer' ? operation.memo : null
  // A revocation names its key and moves nothing.
  const to =
    type === 'revoke'
      ? operation.revocation.body.key
      : type === 'join'
        ? operation.consent.signer
        : operation.to
  return { type, to, amount: formatCredits(made?.amount ?? 0n), memo, job_id: null }
}

function signaturesOf({ quorum }: EntryView, roster: Roster) {
  const witnesses = roster.epochOf(quorum.epoch)?.witnesses ?? []
  return bitmapPositions(quorum.signers).flatMap((position, at) => {
    const peer = witnesses[position]
    const signature = quorum.sigs[at]
    return peer === undefined || signature === undefined
      ? []
      : [{ peer_id: peer, signature: base64(signature) }]
  })
}

export function entryResource(view: EntryView, roster: Roster): CertifiedEntry {
  const { id, entry, quorum, bytes, proof, verified } = view
  const { account, seq, prev, claims, ops, free } = entry.body
  return {
    entry_id: id,
    account,
    seq,
    prev,
    claims: claims.map(({ source, index }) => ({ source, index })),
    operations: ops.map((operation) => operationOf(operation, account)),
    free: formatCredits(free),
    body: base64(entry.bytes),
    owner_signature: base64(entry.sig),
    proof: {
      type: proof,
      epoch: quorum.epoch,
      quorum: roster.epochOf(quorum.epoch)?.sizes.quorum ?? quorum.sigs.length,
      signatures: signaturesOf(view, roster),
      bytes: base64(bytes),
    },
    verified,
  }
}
