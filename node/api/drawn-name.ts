import { digestFromBytes } from '../../protocol/ids.ts'
import type { RequestName } from '../../protocol/peer/command.ts'
import type { Backend } from './backend.ts'

/** The name of a request whose asker gave it none. */
export function drawnName({ swarm }: Pick<Backend, 'swarm'>): RequestName {
  const name = digestFromBytes(swarm.random(32))
  return { name, content: name }
}
