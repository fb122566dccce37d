import { preparedCodec } from '../agreement/messages.ts'
import { valueCodec } from '../agreement/value.ts'
import { digest, type Infer, list, nullable, struct, uint, variants } from '../encoding/codec.ts'
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
 * A piece of what passes from one epoch to the next, or of what a witness reports of it. A *list* names the parts by
 * their digests, and is itself named by its own. A *part* lists entries that witnesses are bound to at places without
 * a certificate, by account, place and id, and the highest prepared value of each undecided instance, by its name.
 * `number` is the epoch that it is for, so that no two epochs have a piece in common.
 */
export const pieceCodec = variants({
  list: struct({ number, parts: list(digest(), { max: LIMITS.handoverParts }) }),
  part: struct({
    number,
    locks: list(signedEntry, { max: LIMITS.listed }),
    prepared: list(carriedCodec, { max: LIMITS.carried }),
  }),
})
export type Piece = Infer<typeof pieceCodec>

/** What all parts of a list say together, or one of them. */
export type Handover = Pick<Extract<Piece, { type: 'part' }>, 'locks' | 'prepared'>

/**
 * What a stopped witness holds, by the name of its list; its pieces are fetched from it. Nobody relies on it: a
 * proposer that is lied to makes a value that honest witnesses refuse, or lists more than it must. So it isn't signed.
 */
export const epochReportCodec = struct({ number, root: digest(), list: digest() })

/** Asks for a piece: each is named by its bytes. */
export const handoverFetchCodec = struct({ piece: digest() })
