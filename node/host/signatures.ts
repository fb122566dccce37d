import type { SignatureCheck, Verifier } from '../../protocol/crypto/verifier.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import type { Codec } from '../../protocol/encoding/codec.ts'
import type { EvidenceSink, QuorumEvidence } from '../../protocol/encoding/evidence.ts'
import { bitmapPositions } from '../../protocol/encoding/quorum.ts'
import { signingBytes } from '../../protocol/encoding/signed.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'

/** Gathers the signatures of a stored fact, as intake did when it came, to check them again. */
export class Evidence implements EvidenceSink {
  readonly #checks: SignatureCheck[] = []
  readonly #roster: Roster
  /** Whether every signer is known and every quorum suffices. */
  #complete = true

  constructor(roster: Roster) {
    this.#roster = roster
  }

  signed({ kind, signer, body, sig }: Parameters<EvidenceSink['signed']>[0]): void {
    this.#checks.push({ signer, message: signingBytes(kind, this.#roster.swarm, body), sig })
  }

  quorum({ kind, epoch, signers, sigs, body }: QuorumEvidence): void {
    const known = this.#roster.epochOf(epoch)
    const positions = bitmapPositions(signers)
    const enough = positions.length >= (known?.sizes.quorum ?? Number.POSITIVE_INFINITY)
    if (!enough || positions.length !== sigs.length) this.#complete = false
    positions.forEach((position, at) => {
      const signer = known?.witnesses[position]
      const sig = sigs[at]
      if (signer === undefined || sig === undefined) this.#complete = false
      else this.#checks.push({ signer, message: signingBytes(kind, this.#roster.swarm, body), sig })
    })
  }

  /** Whether every signature gathered so far holds and nothing was missing. */
  async holds(verifier: Verifier): Promise<boolean> {
    const answers = await verifier.verify(this.#checks)
    return this.#complete && answers.every(Boolean)
  }
}

/** Whether every signature within a stored body holds. */
export async function checkSignatures<T>(
  codec: Codec<T>,
  bytes: Uint8Array,
  { roster, verifier }: { readonly roster: Roster; readonly verifier: Verifier },
): Promise<boolean> {
  const evidence = new Evidence(roster)
  decodeBody(codec, bytes, 'fact', evidence)
  return evidence.holds(verifier)
}
