import { decodeEnvelope, decodeKind } from '../../protocol/encoding/envelope.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { isKind } from '../../protocol/encoding/kinds.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/intake/message.ts'
import { createEvidenceReader, type Evidence } from '../checkers/evidence.ts'
import type { Sent } from './model.ts'

/** Every different frame of an exploration, by a number. */
export interface Letter {
  readonly number: number
  readonly to: PeerId
  readonly message: Message
  readonly evidence: Evidence | undefined
}

export interface Mailroom {
  letter(sent: Sent): Letter
  at(number: number): Letter
}

export function createMailroom(): Mailroom {
  const letters: Letter[] = []
  const numbers = new Map<string, Letter>()
  return {
    letter({ from, to, frame }) {
      const name = `${to} ${Buffer.from(frame).toString('latin1')}`
      const known = numbers.get(name)
      if (known !== undefined) return known
      // One reader each: what one path has seen is news to another.
      const evidence = createEvidenceReader().frame(frame)
      const made = { number: letters.length, to, message: messageOf(from, frame), evidence }
      letters.push(made)
      numbers.set(name, made)
      return made
    },
    at(number) {
      const found = letters[number]
      if (found === undefined) throw new RangeError(`there is no letter ${number}`)
      return found
    },
  }
}

function messageOf(from: PeerId, frame: Uint8Array): Message {
  const { kind, signer, body, sig } = decodeEnvelope(frame)
  if (!isKind(kind)) throw new Error(`unknown kind ${kind}`)
  return { kind, from, signer, body: decodeKind(kind, body, TRUSTED), bytes: body, sig } as Message
}
