import type { KindName } from '../encoding/kinds.ts'
import { INTAKE_QUOTAS, WASTE_QUOTA, WASTE_UNIT_BYTES } from '../params.ts'
import { type Allowance, type Budgets, createBudgets } from './budget.ts'

/** Charges a frame's work, before it is done, to whoever brought the frame: a peer by its id, or another way by a name. */
export interface IntakeQuota {
  /** False while a payer has to answer for frames that couldn't be read: nothing of it is even decoded. */
  mayDecode(payer: string): boolean
  /** Charges a frame that couldn't be read, by its size: no honest peer sends one, and reading it cost the most. */
  waste(payer: string, bytes: number): void
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

  const wasted = createBudgets(WASTE_QUOTA)
  return {
    mayDecode: (payer) => wasted.solvent(payer, now()),
    waste: (payer, bytes) => wasted.overdraw(payer, 1 + Math.floor(bytes / WASTE_UNIT_BYTES), now()),
    open: (payer, kind) => budgetsOf(kind).solvent(payer, now()),
    charge: (payer, kind, signatures) => budgetsOf(kind).spend(payer, 1 + signatures, now()),
  }
}

export function allowanceOf(kind: KindName): Allowance {
  const quotas: Readonly<Partial<Record<KindName | 'usual', Allowance>>> = INTAKE_QUOTAS
  return quotas[kind] ?? INTAKE_QUOTAS.usual
}
