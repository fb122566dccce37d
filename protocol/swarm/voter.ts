import type { PeerId } from '../ids.ts'
import type { Charter } from './charter.ts'

/** By what a peer has one vote with others: itself, or its operator's label where it has one; by the diversity asked for. */
export function voterOf(
  diversity: Charter['diversity'],
  peer: PeerId,
  label: string | null | undefined,
): string {
  return diversity === 'peer' ? peer : (label ?? peer)
}
