import type { Command } from 'commander'
import { connectWithKey } from '../api-key.ts'
import type { KeyFlags, PeerClient } from '../api.ts'
import { keyOptions } from '../run.ts'

export type SwarmFlags = KeyFlags

/** Options of every verb that asks the running peer about its swarm. */
export function swarmOptions(command: Command): Command {
  return keyOptions(command)
}

/** The running peer, with the rights of whoever owns it. */
export function swarmClient(flags: SwarmFlags): Promise<PeerClient> {
  return connectWithKey(flags)
}
