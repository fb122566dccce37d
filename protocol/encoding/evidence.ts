import type { PeerId } from '../ids.ts'

/** A signature met while decoding: `signer` over a body of `kind`. */
export interface SignedEvidence {
  readonly kind: string
  readonly signer: PeerId
  readonly body: Uint8Array
  readonly sig: Uint8Array
}

/** A quorum of witness signatures over one body, the signers given as a bitmap over an epoch's witnesses. */
export interface QuorumEvidence {
  readonly kind: string
  readonly epoch: number
  readonly signers: Uint8Array
  readonly sigs: readonly Uint8Array[]
  readonly body: Uint8Array
}

/** Receives each signature of a message while it is decoded; intake has all of them checked. */
export interface EvidenceSink {
  signed(evidence: SignedEvidence): void
  quorum(evidence: QuorumEvidence): void
}

/** For bytes whose signatures were checked before they were stored by this peer itself. */
export const TRUSTED: EvidenceSink = { signed: () => undefined, quorum: () => undefined }
