import type { KindName } from '../encoding/kinds.ts'
import { FORWARDED_QUOTA, INTAKE_QUOTAS, LIMITS, WASTE_QUOTA, WASTE_UNIT_BYTES } from '../params.ts'
import type { SyncFetch } from '../sync/messages.ts'
import { type Allowance, type Budgets, createBudgets } from './budget.ts'
import { createCredits, createPieceCredits, type Owed, PIECE_UNITS } from './credits.ts'

/** Charges a frame's work, before it is done, to whoever brought the frame: a peer by its id, or another way by a name. */
export interface IntakeQuota {
  /** False while a payer has to answer for frames that couldn't be read: nothing of it is even decoded. */
  mayDecode(payer: string): boolean
  /** Charges a frame that couldn't be read, by its size: no honest peer sends one, and reading it cost the most. */
  waste(payer: string, bytes: number): void
  /** This peer asked a payer for facts: their work is on this peer's account, up to what was asked. */
  asked(payer: string, fetch: SyncFetch): void
  /** Likewise a piece of a handover. */
  askedPiece(payer: string): void
  /** Charges a gossiped frame to the share that its signer has of a forwarder's budget; false when that is used up. */
  mayForward(payer: string, signer: string, kind: KindName): boolean
  /** False when the payer has nothing left for this kind: the frame isn't even decoded. */
  open(payer: string, kind: KindName): boolean
  /** Charges a decoded frame and the signatures that it would have checked; false when that is too much. */
  charge(payer: string, kind: KindName, signatures: number): boolean
}

/**
 * Signatures of a kind's ordinary frame: for each member of a quorum, for each runner, and fixed ones with the frame
 * itself. A close shows a quorum's seals, its commits and promises, and each runner's commit and reveal.
 */
const GROWING: Readonly<
  Partial<Record<KindName, readonly [perVoter: number, perRunner: number, fixed: number]>>
> = {
  facts: [1, 0, 2],
  certify: [1, 0, 3],
  propose: [3, 2, 1],
  prepared: [1, 0, 1],
  'newview-request': [2, 0, 1],
  newview: [1, 0, 2],
  promised: [2, 2, 2],
  decision: [2, 2, 1],
  refusal: [0, 2, 1],
  seal: [0, 1, 2],
  reveal: [1, 1, 2],
}

/** Who may commit in one attempt, and show one reveal each: replicas, and standbys that take over. */
const RUNNERS = LIMITS.replicas + LIMITS.standbys

/** A gossiped frame and its signer's signature. */
const FORWARDED_UNITS = 2

/** What `INTAKE_QUOTAS` are for: the quorum of four witnesses, and the usual runners of a job. */
const USUAL = { quorum: 3, runners: 3 } as const

/**
 * `now` is the mind's newest event's time: a mind that handles nothing refills nothing, and need not. `quorum` is that
 * of the epoch: what the swarm's frames carry grows with it.
 */
export function createIntakeQuota(now: () => number, quorum: number): IntakeQuota {
  // Bounded by the kinds that there are.
  const byKind = new Map<KindName, Budgets>()
  const forwarded = new Map<KindName, Budgets>()
  const credits = createCredits(quorum)
  const pieces = createPieceCredits()
  const owing: Readonly<Partial<Record<KindName, Pick<Owed, 'left' | 'spend'>>>> = {
    facts: credits,
    handover: pieces,
  }
  const wasted = createBudgets(WASTE_QUOTA)

  function budgetsOf(kind: KindName): Budgets {
    const budgets = byKind.get(kind) ?? createBudgets(allowanceOf(kind, quorum))
    byKind.set(kind, budgets)
    return budgets
  }

  function forwardedOf(kind: KindName): Budgets {
    const budgets = forwarded.get(kind) ?? createBudgets(FORWARDED_QUOTA)
    forwarded.set(kind, budgets)
    return budgets
  }

  const creditOf = (payer: string, kind: KindName) => owing[kind]?.left(payer) ?? 0
  return {
    mayDecode: (payer) => wasted.solvent(payer, now()),
    waste: (payer, bytes) => wasted.overdraw(payer, 1 + Math.floor(bytes / WASTE_UNIT_BYTES), now()),
    asked: credits.add,
    askedPiece: (payer) => pieces.add(payer, PIECE_UNITS),
    open: (payer, kind) => creditOf(payer, kind) > 0 || budgetsOf(kind).solvent(payer, now()),
    mayForward: (payer, signer, kind) =>
      forwardedOf(kind).spend(`${payer} ${signer}`, FORWARDED_UNITS, now()),
    charge(payer, kind, signatures) {
      const cost = 1 + signatures
      const owed = Math.min(cost, creditOf(payer, kind))
      if (cost > owed && !budgetsOf(kind).spend(payer, cost - owed, now())) return false
      if (owed > 0) owing[kind]?.spend(payer, owed)
      return true
    },
  }
}

export function allowanceOf(kind: KindName, quorum: number): Allowance {
  const quotas: Readonly<Partial<Record<KindName | 'usual', Allowance>>> = INTAKE_QUOTAS
  const { perSecond, burst } = quotas[kind] ?? INTAKE_QUOTAS.usual
  const growing = GROWING[kind]
  if (growing === undefined) return { perSecond, burst }
  const [perVoter, perRunner, fixed] = growing
  const usual = perVoter * USUAL.quorum + perRunner * USUAL.runners + fixed
  const here = perVoter * Math.max(quorum, USUAL.quorum) + perRunner * RUNNERS + fixed
  const grown = (units: number) => Math.ceil((units * here) / usual)
  return { perSecond: grown(perSecond), burst: grown(burst) }
}
