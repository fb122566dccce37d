import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** What an IP address is to this machine. */
export type Reach = 'loopback' | 'same-network' | 'private' | 'public' | 'never'

/** Nobody's peer is there: no host, groups of hosts, link-local services such as a cloud's metadata. */
const NEVER = blockList([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['224.0.0.0', 3],
  ['::', 128],
  ['64:ff9b::', 96],
  ['fe80::', 10],
  ['ff00::', 8],
])
/** IPv4 within IPv6: no peer announces itself so. Of its own, as it contains every IPv4 address too. */
const MAPPED = blockList([['::ffff:0.0.0.0', 96]])
const LOOPBACK = blockList([
  ['127.0.0.0', 8],
  ['::1', 128],
])
const PRIVATE = blockList([
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['fc00::', 7],
])

/** Undefined for anything but an IP address. */
export function reachOf(host: string): Reach | undefined {
  const version = isIP(host)
  if (version === 0) return undefined
  const family = version === 4 ? 'ipv4' : 'ipv6'
  if (version === 6 && MAPPED.check(host, family)) return 'never'
  if (LOOPBACK.check(host, family)) return 'loopback'
  if (NEVER.check(host, family)) return 'never'
  if (!PRIVATE.check(host, family)) return 'public'
  return ownNetworks().check(host, family) ? 'same-network' : 'private'
}

/** Interfaces are read again after this time: members' addresses come by the hundred. */
const NETWORKS_MS = 2_000
let networks = { list: new BlockList(), untilMs: 0 }

/** The networks this machine has an address in. */
function ownNetworks(): BlockList {
  const nowMs = performance.now()
  if (nowMs >= networks.untilMs) networks = { list: readNetworks(), untilMs: nowMs + NETWORKS_MS }
  return networks.list
}

function readNetworks(): BlockList {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return blockList(
    all.flatMap(({ cidr, internal }): [string, number][] => {
      const [host, bits] = cidr?.split('/') ?? []
      return internal || host === undefined ? [] : [[host, Number(bits)]]
    }),
  )
}

function blockList(networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList()
  for (const [host, bits] of networks) list.addSubnet(host, bits, isIP(host) === 4 ? 'ipv4' : 'ipv6')
  return list
}
