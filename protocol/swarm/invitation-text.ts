import { publicKeyOfSeed } from '../crypto/strict-ed25519.ts'
import { encodeBody } from '../encoding/body.ts'
import {
  amount,
  bytes,
  type Codec,
  digest,
  list,
  nullable,
  oneOf,
  signature,
  text,
  uint,
} from '../encoding/codec.ts'
import { cosign, type KeySignature } from '../encoding/multi-signed.ts'
import { packed, packedPeer } from '../encoding/packed.ts'
import { type TextFault, type TextForm, textForm } from '../encoding/text-form.ts'
import { isPeerId, peerIdOf, type PeerId, type SwarmId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import {
  INVITATION,
  type Invitation,
  REVOCATION,
  type SignedInvitation,
  type SignedRevocation,
} from './invitation.ts'

/** Peers whose addresses come along: one that answers is enough, and each makes the QR code larger. */
export const INVITATION_PEERS_MAX = 4
const ADDRESSES_MAX = 4
const SECRET_BYTES = 32

/** Where a member can be dialled: multiaddrs without their `/p2p/<id>`. */
export interface DialAddresses {
  readonly peer: PeerId
  readonly addresses: readonly string[]
}

/** `hl1...`: whoever holds it may join, once. */
export interface InvitationText {
  readonly swarm: SwarmId
  /** Seed of the token's key. */
  readonly secret: Uint8Array
  readonly invitation: SignedInvitation
  readonly dial: readonly DialAddresses[]
}

/**
 * `hlp1...`: an invitation on its way from one operator to the next. It opens nothing: the secret is made from `salt`
 * by the one who began it, whose turn comes last.
 */
export interface PartialInvitation {
  readonly swarm: SwarmId
  readonly inviter: PeerId
  readonly salt: Uint8Array
  readonly invitation: SignedInvitation
  readonly dial: readonly DialAddresses[]
}

/** `hls1...`: where a swarm that admits everybody is found. */
export interface OpenSwarm {
  readonly swarm: SwarmId
  readonly dial: readonly DialAddresses[]
}

/** `hlr1...`: a revocation on its way from one operator to the next. */
export interface PartialRevocation {
  readonly swarm: SwarmId
  readonly revocation: SignedRevocation
}

const dial = list(
  packed({
    peer: packedPeer,
    addresses: list(text({ min: 1, max: LIMITS.addressBytes }), { min: 1, max: ADDRESSES_MAX }),
  }),
  { max: INVITATION_PEERS_MAX },
)
const signatures = list(packed({ signer: packedPeer, sig: signature }), { max: LIMITS.operators })
const secret = bytes({ min: SECRET_BYTES, max: SECRET_BYTES })

/** An invitation's fields but its token. */
const terms = packed({
  roles: list(oneOf('peer', 'agent'), { min: 1, max: 2 }),
  operator: text({ min: 1, max: LIMITS.labelBytes }),
  grant: amount(),
  notBefore: uint(),
  notAfter: uint(),
  peer: nullable(packedPeer),
  epoch: uint(),
  decision: nullable(digest()),
})

const fullCodec = packed({ swarm: digest<SwarmId>(), secret, terms, signatures, dial })
const partialCodec = packed({
  swarm: digest<SwarmId>(),
  inviter: packedPeer,
  token: packedPeer,
  salt: bytes({ min: 16, max: 16 }),
  terms,
  signatures,
  dial,
})
const revocationCodec = packed({ swarm: digest<SwarmId>(), key: packedPeer, epoch: uint(), signatures })

/** The token that a secret is the seed of. */
export function tokenOf(seed: Uint8Array): PeerId {
  return peerIdOf(publicKeyOfSeed(seed))
}

export const INVITATION_TEXT: TextForm<InvitationText> = textForm(
  'hl',
  mapped(fullCodec, {
    pack: ({ invitation, ...rest }: InvitationText) => ({ ...rest, ...partsOf(invitation) }),
    unpack: ({ terms: found, signatures: sigs, ...rest }) => ({
      ...rest,
      invitation: invitationOf(tokenOf(rest.secret), found, sigs),
    }),
  }),
)

export const PARTIAL_INVITATION: TextForm<PartialInvitation> = textForm(
  'hlp',
  mapped(partialCodec, {
    pack: ({ invitation, ...rest }: PartialInvitation) => ({
      ...rest,
      token: invitation.body.token,
      ...partsOf(invitation),
    }),
    unpack: ({ terms: found, signatures: sigs, token, ...rest }) => ({
      ...rest,
      invitation: invitationOf(token, found, sigs),
    }),
  }),
)

export const OPEN_SWARM: TextForm<OpenSwarm> = textForm('hls', packed({ swarm: digest<SwarmId>(), dial }))

export const PARTIAL_REVOCATION: TextForm<PartialRevocation> = textForm(
  'hlr',
  mapped(revocationCodec, {
    pack: ({ swarm, revocation: { body, signatures: sigs } }: PartialRevocation) => ({
      swarm,
      ...body,
      signatures: sigs,
    }),
    unpack: ({ swarm, key, epoch, signatures: sigs }) => {
      const body = { key, epoch }
      const unsigned = { body, bytes: encodeBody(REVOCATION.body, body), signatures: [] }
      return { swarm, revocation: cosign(unsigned, sigs) }
    },
  }),
)

type Terms = Omit<Invitation, 'token'>

function partsOf({ body, signatures: sigs }: SignedInvitation) {
  return { terms: body, signatures: sigs }
}

function invitationOf(token: PeerId, found: Terms, sigs: readonly KeySignature[]): SignedInvitation {
  const body = { ...found, token }
  return cosign({ body, bytes: encodeBody(INVITATION.body, body), signatures: [] }, sigs)
}

/** A codec for another shape of the same value. */
function mapped<W, T>(
  inner: Codec<W>,
  { pack, unpack }: { readonly pack: (value: T) => W; readonly unpack: (packed: W) => T },
): Codec<T> {
  return {
    toWire: (value) => inner.toWire(pack(value)),
    fromWire: (raw, path, sink) => unpack(inner.fromWire(raw, path, sink)),
  }
}

/** Multiaddrs with their `/p2p/<id>`, as a peer dials them. */
export function dialAddresses(found: readonly DialAddresses[]): readonly string[] {
  return found.flatMap(({ peer, addresses }) => addresses.map((address) => `${address}/p2p/${peer}`))
}

/** Groups multiaddrs that end in `/p2p/<id>`; others, and what is beyond the limits, are left out. */
export function groupAddresses(multiaddrs: readonly string[]): readonly DialAddresses[] {
  const byPeer = new Map<PeerId, string[]>()
  for (const multiaddr of multiaddrs) {
    const at = multiaddr.lastIndexOf('/p2p/')
    const peer = multiaddr.slice(at + '/p2p/'.length)
    if (at <= 0 || at > LIMITS.addressBytes || !isPeerId(peer)) continue
    byPeer.set(peer, [...(byPeer.get(peer) ?? []), multiaddr.slice(0, at)])
  }
  return [...byPeer]
    .slice(0, INVITATION_PEERS_MAX)
    .map(([peer, addresses]) => ({ peer, addresses: addresses.slice(0, ADDRESSES_MAX) }))
}

/** What to tell a person whose text can't be read. */
export const TEXT_SENTENCES: Readonly<Record<TextFault, string>> = {
  another_kind: 'it is no invitation: one begins with "hl1"',
  mistyped: 'a character of it is wrong, or a part is missing: copy the whole of it again',
  unreadable: 'it is whole, but this program cannot read it: a newer one may have made it',
}
