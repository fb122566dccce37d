import type { PeerId } from '../../protocol/ids.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import type { CreateChecker, Report } from './checker.ts'

/**
 * Conservation (12.1) and no negative balance (12.3) in every mind's own figures, after every event that
 * changed its state: what isn't written down hasn't changed.
 */
export const createSupplyChecker: CreateChecker = (_facts, report) => {
  const changed = new Set<PeerId>()
  return {
    observe(observation) {
      const { peer } = observation
      if (observation.type === 'effect' && observation.effect.type === 'persist') changed.add(peer)
      if (observation.type === 'handled' && changed.delete(peer)) checkSupply(peer, observation.view, report)
    },
  }
}

function checkSupply(peer: PeerId, view: PeerView, report: Report): void {
  const { minted, free, unclaimed, escrowed, burnt } = view.supply()
  const held = free + unclaimed + escrowed + burnt
  if (held !== minted) report(`${peer} minted ${minted} and holds ${held}`)
  // Outputs that were claimed before they were known here count as owed, so only their sum may be negative.
  if (free < 0n || escrowed < 0n || burnt < 0n) report(`${peer} has a negative sum`)
  for (const account of view.accounts()) {
    if (account.free < 0n || account.claimable < 0n || account.escrowed < 0n) {
      report(`${peer} sees a negative balance of ${account.account}`)
    }
  }
}
