import { type DataFolder, readIfThere, replaceFile } from './data-folder.ts'
import type { Config } from './options.ts'

/** A peer that listens on loopback only is one of a machine's own swarm, whose launcher told it of all others. */
const LOOPBACK = /^\/(ip4\/127\.|ip6\/::1\/)/

/** How this peer finds others, and where it notes them. */
export function discoveryOf({ listen, mdns, dht }: Config, { addresses }: DataFolder) {
  const isAlone = listen.every((address) => LOOPBACK.test(address))
  return {
    mdns: mdns && !isAlone,
    dht: dht && !isAlone,
    file: {
      load: async () => (await readIfThere(addresses))?.toString('utf8'),
      save: (text: string) => replaceFile(addresses, text),
    },
  }
}
