import { type DialAddresses, groupAddresses } from '../../protocol/swarm/invitation-text.ts'
import type { Backend } from './backend.ts'

/** This peer's own addresses first, then those of other members that were heard of lately. */
export function dialOf({ view, network, now }: Backend): readonly DialAddresses[] {
  const online = view.nodes(now()).filter(({ peer, status }) => peer !== view.self && status === 'online')
  const others = online.flatMap(({ heartbeat }) => heartbeat?.addresses ?? [])
  return groupAddresses([...network.addresses(), ...others])
}
