import type { KindName } from '../encoding/kinds.ts'
import { INTAKE_QUOTAS } from '../params.ts'
import { type Allowance, type Budgets, createBudgets } from './budget.ts'

/** Charges a frame's work, before it is done, to whoever brought the frame: a peer by its id, or another way by a name. */
export interface IntakeQuota {
  /** False when the payer has nothing left for this kind: the frame isn't even decoded. */
  open(payer: string, kind: KindName): boolean
  /** Charges a decoded frame and the signatures that it would have checked; false when that is too much. */
  charge(payer: string, kind: KindName, signatures: number): boolean
}

/** `now` is the mind's newest event's time: a mind that handles nothing refills nothing, and need not. */
export function createIntakeQuota(now: () => number): IntakeQuota {
  // Bounded by the kinds that there are.
  const byKind = new Map<KindName, Budgets>()

  function budgetsOf(kind: KindName): Budgets {
    const budgets = byKind.get(kind) ?? createBudgets(allowanceOf(kind))
    byKind.set(kind, budgets)
    return budgets
  }

  return {
    open: (payer, kind) => budgetsOf(kind).solvent(payer, now()),
    charge: (payer, kind, signatures) => budgetsOf(kind).spend(payer, 1 + signatures, now()),
  }
}

export function allowanceOf(kind: KindName): Allowance {
  const quotas: Readonly<Partial<Record<KindName | 'usual', Allowance>>> = INTAKE_QUOTAS
  return quotas[kind] ?? INTAKE_QUOTAS.usual
}
