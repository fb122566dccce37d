import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Signer } from '../../protocol/crypto/signer.ts'
import type { PeerId, SwarmId } from '../../protocol/ids.ts'
import { groupAddresses, INVITATION_TEXT, type InvitationText } from '../../protocol/swarm/invitation-text.ts'
import type { Invitation } from '../../protocol/swarm/invitation.ts'
import { testInvitation } from '../../protocol/swarm/testing-invitations.ts'
import { dataFolder } from '../config/data-folder.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { freePorts } from '../swarm/free-port.ts'
import type { Seat } from './driven-swarm.ts'

/** A running swarm that a test hands out invitations of. */
export interface Inviting {
  readonly swarm: SwarmId
  readonly operator: Signer
  /** Multiaddrs of members, with `/p2p/<id>`. */
  readonly addresses: readonly string[]
}

/** The key of a seat's peer. */
export async function signerOf({ folder }: Pick<Seat, 'folder'>): Promise<Signer> {
  return createNativeSigner((await loadOrCreateIdentity(folder.root)).seed)
}

export function invitationOf(
  { swarm, operator, addresses }: Inviting,
  change: Partial<Invitation> = {},
  operators: readonly Signer[] = [operator],
): InvitationText & { readonly text: string; readonly token: Signer } {
  const secret = new Uint8Array(randomBytes(32))
  const token = createNativeSigner(secret)
  const invitation = testInvitation(swarm, operators, token, change)
  const whole = { swarm, secret, invitation, dial: groupAddresses(addresses) }
  return { ...whole, token, text: INVITATION_TEXT.write(whole) }
}

/** A data folder with nothing but a key, and the flags of a peer that will run there. */
export async function emptySeat(root: string, name: string): Promise<Seat> {
  const folder = dataFolder(join(root, name))
  await mkdir(folder.root, { recursive: true })
  const { id } = await loadOrCreateIdentity(folder.root)
  const [port] = await freePorts([undefined])
  const flags = {
    apiPort: '0',
    listen: `/ip4/127.0.0.1/tcp/${port}`,
    operator: name,
    providers: 'reference',
  }
  return { id, folder, flags, prefix: [] }
}

/** Members that a peer is connected to, by its own API. */
export async function connectedAt(url: string): Promise<readonly PeerId[]> {
  const { connect } = await import('../cli/api.ts')
  const { connections } = await connect(url).getSelf()
  return connections.map(({ peer_id: id }) => id as PeerId)
}
