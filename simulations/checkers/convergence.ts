import type { CreateChecker } from './checker.ts'

/**
 * After healing: everyone is up, all ledger roots are equal (12.4) and no job is left open (12.8), but for
 * what an adversary offered and never paid for.
 */
export const createConvergenceChecker: CreateChecker = (facts, report) => ({
  conclude(peers) {
    const roots = new Set<string>()
    for (const { peer, view } of peers) {
      if (view === undefined) {
        report(`${peer} is down in the end`)
        continue
      }
      roots.add(`${view.ledgerRoot()} in epoch ${view.roster.epoch.number} by ${view.roster.epoch.decision}`)
      const { stoppedMs, isLevel } = view.change()
      if (stoppedMs !== undefined) report(`${peer} still votes for nothing but a change of epoch`)
      if (!isLevel) report(`${peer} still lacks some of what its epoch began with`)
      const { number, waiting } = view.trust()
      if (waiting > 0) report(`${peer} still has ${waiting} closes that no snapshot after ${number} folds`)
      for (const { job, status, account } of view.openJobs()) {
        if (status !== 'pending' || facts.correct.has(account)) report(`${peer} still has ${job} ${status}`)
      }
    }
    if (roots.size > 1) report(`${roots.size} different ledger roots in the end`)
  },
})
