/** What may be spent in the long run, and at once after a pause. Whole units; what they are is the owner's matter. */
export interface Allowance {
  readonly perSecond: number
  readonly burst: number
}

/** Payers whose spending is remembered; beyond, the one that spent nothing for longest starts anew. */
export const SPENDERS_MAX = 4_096

interface Account {
  /** Thousandths of units, so that a millisecond's refill is whole. Below zero after an overdraft. */
  left: number
  at: number
}

/**
 * A token bucket for each payer, a peer by its id. Nothing but time refills it: a peer that reconnects finds what
 * it left. Times are the mind's, in milliseconds, and never fall.
 */
export interface Budgets {
  /** Whether anything is left to spend. */
  solvent(peer: string, now: number): boolean
  /** Spends `cost` if there is so much; else nothing is spent. */
  spend(peer: string, cost: number, now: number): boolean
  /** Spends what was already done, into the red if need be. */
  overdraw(peer: string, cost: number, now: number): void
  /** Milliseconds until something is left again; 0 when it is. */
  waitMs(peer: string, now: number): number
}

export function createBudgets({ perSecond, burst }: Allowance): Budgets {
  const accounts = new Map<string, Account>()
  const full = burst * 1_000

  function accountOf(peer: string, now: number): Account {
    const known = accounts.get(peer)
    const left = known === undefined ? full : Math.min(full, known.left + (now - known.at) * perSecond)
    return { left, at: now }
  }

  function put(peer: string, account: Account): void {
    // Setting it anew puts it behind those that spent earlier.
    accounts.delete(peer)
    accounts.set(peer, account)
    const [oldest] = accounts.keys()
    if (accounts.size > SPENDERS_MAX && oldest !== undefined) accounts.delete(oldest)
  }

  function spend(peer: string, cost: number, now: number, least: number): boolean {
    const account = accountOf(peer, now)
    const left = account.left - cost * 1_000
    if (left < least) return false
    put(peer, { left, at: now })
    return true
  }

  return {
    solvent: (peer, now) => accountOf(peer, now).left > 0,
    spend: (peer, cost, now) => spend(peer, cost, now, 0),
    overdraw: (peer, cost, now) => void spend(peer, cost, now, Number.NEGATIVE_INFINITY),
    waitMs(peer, now) {
      const { left } = accountOf(peer, now)
      return left > 0 ? 0 : Math.floor(-left / perSecond) + 1
    },
  }
}
