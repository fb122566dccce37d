import { type DialAddresses, groupAddresses } from '../../protocol/swarm/invitation-text.ts'
import type { Backend } from './backend.ts'

/** Addresses that mean another machine to whoever reads them there. */
function isOwnMachine(address: string): boolean {
  return /^\/(ip4\/127\.|ip6\/::1\/)/.test(address)
}

/**
 * Where a newcomer dials: this peer's own addresses first, then those of other members that were heard of lately.
 * Addresses of one machine alone are left out where there are others.
 */
export function dialOf({ view, network, now }: Backend): readonly DialAddresses[] {
  const online = view.nodes(now()).filter(({ peer, status }) => peer !== view.self && status === 'online')
  const others = online.flatMap(({ heartbeat }) => heartbeat?.addresses ?? [])
  const all = [...network.addresses(), ...others]
  const far = all.filter((address) => !isOwnMachine(address))
  return groupAddresses(far.length > 0 ? far : all)
}
