import type { Handover, Piece } from '../../protocol/epoch/messages.ts'
import { cutHandover } from '../../protocol/epoch/pieces.ts'
import type { Digest } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/intake/message.ts'
import { type Means, type Outgoing, plain } from './adversary.ts'

/** Handovers that an adversary makes up, beside its mind's own. */
export interface FalseLists {
  /** Cuts one for the epoch `number`; the name of its list. */
  make(handover: Handover, number: number): Digest
  /** The piece of one that a message asks for; undefined for all else. */
  serve(message: Message): Outgoing | undefined
}

export function createFalseLists(means: Means): FalseLists {
  const made = new Map<Digest, Piece>()
  return {
    make(handover, number) {
      const { name, parts } = cutHandover(handover, number)
      made.set(name, { type: 'list', number, parts: [...parts.keys()] })
      for (const [digest, part] of parts) made.set(digest, { type: 'part', number, ...part })
      return name
    },
    serve(message) {
      const piece = message.kind === 'handover-fetch' ? made.get(message.body.piece) : undefined
      return piece && plain(means, message.from, 'handover', piece)
    },
  }
}
