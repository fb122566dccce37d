import { rm } from 'node:fs/promises'
import { decodeBody, encodeBody } from '../../protocol/encoding/body.ts'
import { digest, list, text } from '../../protocol/encoding/codec.ts'
import { DecodeError } from '../../protocol/encoding/decode-error.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { packed, packedPeer } from '../../protocol/encoding/packed.ts'
import { type Certificate, certificateCodec } from '../../protocol/ledger/certificate.ts'
import { isPeerId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/params.ts'
import type { Guide } from '../../protocol/swarm/guide.ts'
import { INVITATION_PEERS_MAX } from '../../protocol/swarm/invitation-text.ts'
import { ConfigError } from './config.ts'
import { type DataFolder, readIfThere, replaceFile } from './data-folder.ts'

/** How this peer came into its swarm. */
export interface Joined {
  /** Shown to members that haven't heard of the join. */
  readonly certificate: Certificate
  /** The invitation's dial addresses. */
  readonly addresses: readonly string[]
  /** Whom and what the way in has shown (`protocol/swarm/guide`). */
  readonly guide: Guide
}

/** Epochs that a newcomer is held to: 2 MiB of digests. */
const GUIDE_EPOCHS_MAX = 65_536
const ADDRESSES = list(text({ min: 1, max: 2 * LIMITS.addressBytes }), { max: INVITATION_PEERS_MAX ** 2 })
const joinedCodec = packed({
  certificate: certificateCodec,
  addresses: ADDRESSES,
  guide: packed({
    peers: list(packedPeer, { max: LIMITS.witnesses + INVITATION_PEERS_MAX }),
    epochs: list(digest(), { max: GUIDE_EPOCHS_MAX }),
  }),
})
/** As versions wrote it that knew of no epochs. */
const unguidedCodec = packed({ certificate: certificateCodec, addresses: ADDRESSES })

/** An invitation that this peer has begun to redeem: it is there until the join is certified or refused. */
export async function readJoining(folder: DataFolder): Promise<string | undefined> {
  return (await readIfThere(folder.joining))?.toString('utf8')
}

export function writeJoining(folder: DataFolder, invitation: string): Promise<void> {
  return replaceFile(folder.joining, `${invitation}\n`)
}

export function removeJoining(folder: DataFolder): Promise<void> {
  return rm(folder.joining, { force: true })
}

/** Undefined for a founding member. Throws `ConfigError` for a damaged file. */
export async function readJoined(folder: DataFolder): Promise<Joined | undefined> {
  const bytes = await readIfThere(folder.joined)
  if (bytes === undefined) return undefined
  try {
    return decodeJoined(new Uint8Array(bytes))
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const path = folder.joined
    throw new ConfigError(
      `${path} is damaged: restore it from a backup, or remove it if other members know this peer already`,
    )
  }
}

function decodeJoined(bytes: Uint8Array): Joined {
  try {
    return decodeBody(joinedCodec, bytes, 'joined', TRUSTED)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const unguided = decodeBody(unguidedCodec, bytes, 'joined', TRUSTED)
    // Dial addresses end with the peer that they lead to.
    const peers = unguided.addresses.map((address) => address.split('/').at(-1) ?? '').filter(isPeerId)
    return { ...unguided, guide: { peers, epochs: [] } }
  }
}

export function writeJoined(folder: DataFolder, joined: Joined): Promise<void> {
  const { peers, epochs } = joined.guide
  const guide = { peers, epochs: epochs.slice(0, GUIDE_EPOCHS_MAX) }
  return replaceFile(folder.joined, encodeBody(joinedCodec, { ...joined, guide }))
}
