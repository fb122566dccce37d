import type { PeerId } from '../../protocol/ids.ts'
import type { Command } from '../../protocol/peer/command.ts'
import type { CommandAnswer } from '../api/backend.ts'
import type { PeerView } from '../../protocol/peer/view.ts'

interface EndowmentOptions {
  readonly view: PeerView
  /** Units for each founding member. */
  readonly amount: bigint
  readonly command: (command: Command) => Promise<CommandAnswer>
  readonly refused: (detail: string) => void
}

/**
 * Gives every founding member its first credits. Only the first minter does it, once: while its account has no
 * entry. Called whenever a peer connects; it begins when a quorum of witnesses is there to certify.
 */
export function createEndowment({
  view,
  amount,
  command,
  refused,
}: EndowmentOptions): (connected: number) => void {
  const { charter, epoch } = view.roster
  let given = charter.minters[0] !== view.self || amount === 0n || (view.account(view.self)?.seq ?? 0) > 0

  async function give(to: PeerId): Promise<void> {
    const result = await command({ type: 'mint', to, amount, memo: 'endowment' })
    if (!result.ok) refused(result.detail)
  }

  return (connected) => {
    const witnesses = connected + (view.roster.isWitness(view.self) ? 1 : 0)
    if (given || witnesses < epoch.sizes.quorum) return
    given = true
    for (const { peer } of charter.founders) void give(peer)
  }
}
