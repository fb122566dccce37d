import type { SwarmId } from '../../protocol/ids.ts'
import type { Channel, Topic } from './network.ts'

/** Swarms that share a machine or a key never share a stream or a topic. */
export function protocolName(
  swarm: SwarmId,
  name: Channel | Topic | 'blob' | 'tokens' | 'join' | 'addresses' | 'kad',
): string {
  return `/hyperlooms/1/${swarm}/${name}`
}
