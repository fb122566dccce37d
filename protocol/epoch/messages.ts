import { preparedCodec } from '../agreement/messages.ts'
import { valueCodec } from '../agreement/value.ts'
import { type Codec, digest, type Infer, list, nullable, struct, uint } from '../encoding/codec.ts'
import { signedEntry } from '../ledger/entry.ts'
import { LIMITS } from '../params.ts'
import { signedAccept, signedOrder } from './value.ts'

/** Anybody to a witness, witnesses to each other and to those who have to accept. `root` is a witness's own one. */
export const epochOrderCodec = struct({
  order: signedOrder,
  accepts: list(signedAccept, { max: LIMITS.witnesses }),
  root: nullable(digest()),
})

const number = uint(Number.MAX_SAFE_INTEGER, 1)

/** Asks a stopped witness what it holds. */
export const epochCollectCodec = struct({ number })

/** A value that witnesses prepared in an instance that isn't decided. */
export const carriedCodec = struct({ certificate: preparedCodec, value: valueCodec })
export type Carried = Infer<typeof carriedCodec>

/**
 * A part of what passes from one epoch to the next: entries that witnesses are bound to at places without a
 * certificate, by account, place and id, and the highest prepared value of each undecided instance, by its name.
 */
const handoverShape = struct({
  locks: list(signedEntry, { max: LIMITS.listed }),
  prepared: list(carriedCodec, { max: LIMITS.carried }),
})
export type Handover = Infer<typeof handoverShape>
export const handoverCodec: Codec<Handover> = handoverShape

/**
 * What a stopped witness holds, in parts. Nobody relies on it: a proposer that is lied to makes a value that honest
 * witnesses refuse, or lists more than it must. So it isn't signed.
 */
export const epochReportCodec = struct({
  number,
  root: digest(),
  part: uint(LIMITS.handoverChunks - 1),
  parts: uint(LIMITS.handoverChunks, 1),
  listed: handoverCodec,
})

export const handoverFetchCodec = struct({ chunk: digest() })
