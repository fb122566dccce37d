import { decodeEnvelope, envelopeCodec, type Envelope } from '../../protocol/encoding/envelope.ts'
import { encodeBody } from '../../protocol/encoding/body.ts'
import { isKind, KINDS } from '../../protocol/encoding/kinds.ts'
import type { CreateAdversary } from './adversary.ts'

const REMEMBERED_MAX = 128
const REPLAYED_AT_ONCE = 4
const FOREIGN_PPM = 150_000
const NO_SIGNATURE = new Uint8Array(0)

/**
 * Sends again what it has heard, to whom it was never meant and long after its time: signed words as they
 * are, others in its own name, now and then under another swarm's.
 */
export const createReplayer: CreateAdversary = ({ signer, roster, random }) => {
  const remembered: Envelope[] = []
  const others = [...roster.members()].map(({ peer }) => peer).filter((peer) => peer !== signer.id)

  const again = (envelope: Envelope): Envelope => {
    const isSigned = envelope.sig.length > 0
    return {
      ...envelope,
      // Another swarm's id is a digest like any other; the rules' is at hand.
      swarm: random.chance(FOREIGN_PPM) ? roster.charter.rules : envelope.swarm,
      ...(isSigned ? {} : { signer: signer.id, sig: NO_SIGNATURE }),
    }
  }

  return {
    overheard(frame) {
      if (remembered.length >= REMEMBERED_MAX) remembered.splice(random.below(REMEMBERED_MAX), 1)
      remembered.push(decodeEnvelope(frame))
    },
    tick() {
      if (remembered.length === 0) return []
      return Array.from({ length: REPLAYED_AT_ONCE }, () => random.pick(remembered)).flatMap((envelope) => {
        const { kind } = envelope
        // Gossip isn't sent to one peer; its repetition is the network's duplication.
        if (!isKind(kind) || ['heartbeat', 'jobs', 'ledger'].includes(KINDS[kind].via)) return []
        return [{ to: random.pick(others), kind, frame: encodeBody(envelopeCodec, again(envelope)) }]
      })
    },
  }
}
