import type { Command } from 'commander'
import { addEpoch } from './epoch.ts'
import { addInit } from './init.ts'
import { addInvite } from './invite.ts'
import { addJoin } from './join.ts'
import { addMembers } from './members.ts'
import { addSwarmStatus } from './status.ts'

/** `swarm`: founding one, letting others in, and what it stands on. */
export function addSwarm(program: Command): void {
  const swarm = program
    .command('swarm')
    .description('private swarms: found one, invite, revoke, name witnesses, see who keeps it running')
  for (const add of [addSwarmStatus, addInit, addInvite, addJoin, addMembers, addEpoch]) add(swarm)
}
