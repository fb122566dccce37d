import { LIMITS } from '../../protocol/params.ts'
import type { Peer } from '../../protocol/peer/options.ts'
import { swarmIdOf } from '../../protocol/swarm/charter.ts'
import { readJoined } from '../config/join-files.ts'
import { discoveryOf } from '../config/discovery.ts'
import { MindHost } from '../host/mind-host.ts'
import { createNetwork } from '../network/host.ts'
import type { Network, NetworkHandlers } from '../network/network.ts'
import type { Guests } from '../swarm/guests.ts'
import type { JoinDesk } from '../swarm/join-desk.ts'
import type { Opened } from './opened.ts'

interface NetworkParts {
  readonly endow: (connected: number) => void
  readonly join: JoinDesk
  readonly guests: Guests
  readonly serveBlob: NetworkHandlers['serveBlob']
  readonly serveTokens: NetworkHandlers['serveTokens']
  readonly refused: () => void
}

/** The network of a peer, not started yet: every frame goes to the host, the roster says who may come in. */
export async function openNetwork(
  { options, identity, charter }: Opened,
  peer: Peer,
  host: MindHost,
  { endow, join, guests, serveBlob, serveTokens, refused }: NetworkParts,
): Promise<Network> {
  const { roster } = peer.view
  const joined = await readJoined(options.folder)
  const guides = joined?.guide.peers ?? []
  const { frameBytes, gossipBytes } = LIMITS
  const network = await createNetwork({
    seed: identity.seed,
    swarm: swarmIdOf(charter),
    listen: options.config.listen,
    announce: options.config.announce,
    bootstrap: [...new Set([...options.config.bootstrap, ...(joined?.addresses ?? [])])],
    admission: {
      isMember: (id) => roster.isContact(id),
      isGuest: (id) => guests.isGuest(id),
      members: () => [
        ...new Set([
          ...Array.from(roster.members(), ({ peer: id }) => id),
          ...guides.filter(roster.isContact),
        ]),
      ],
    },
    discovery: discoveryOf(options.config, options.folder),
    frameBytesMax: { certify: frameBytes, agree: frameBytes, job: frameBytes, sync: frameBytes },
    gossipBytesMax: gossipBytes,
    handlers: {
      async frame(from, channel, frame) {
        options.observe?.(frame)
        await host.admit(frame, { from, via: channel })
      },
      gossip(from, topic, frame) {
        options.observe?.(frame)
        return host.receive(frame, { from, via: topic })
      },
      join,
      addressesChanged: (addresses) => host.moved(addresses),
      connected(id) {
        host.connection('connected', id)
        endow(connectedTo(network))
      },
      disconnected: (id) => host.connection('disconnected', id),
      serveBlob,
      serveTokens,
      refused,
    },
  })
  return network
}

/** Peers connected now. */
export function connectedTo(network: Network): number {
  return new Set(network.connections().map(({ peer }) => peer)).size
}
