import type { CreateChecker } from './checker.ts'

/** Conservation (12.1) and no negative balance (12.3) in every mind's own figures, after every event. */
export const createSupplyChecker: CreateChecker = (_facts, report) => ({
  observe(observation) {
    if (observation.type !== 'handled') return
    const { peer, view } = observation
    const { minted, free, unclaimed, escrowed, burnt } = view.supply()
    const held = free + unclaimed + escrowed + burnt
    if (held !== minted) report(`${peer} minted ${minted} and holds ${held}`)
    if (free < 0n || unclaimed < 0n || escrowed < 0n || burnt < 0n) report(`${peer} has a negative sum`)
    for (const account of view.accounts()) {
      if (account.free < 0n || account.claimable < 0n || account.escrowed < 0n) {
        report(`${peer} sees a negative balance of ${account.account}`)
      }
    }
  },
})
