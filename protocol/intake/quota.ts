import type { KindName } from '../encoding/kinds.ts'
import type { PeerId } from '../ids.ts'
import { INTAKE_QUOTAS, WASTE_QUOTA, WASTE_UNIT_BYTES } from '../params.ts'
import { type Allowance, type Budgets, createBudgets } from './budget.ts'

/** Charges a frame's work to whoever sent it, before that work is done. */
export interface IntakeQuota {
  /** False while a sender has to answer for frames that couldn't be read: nothing of it is even decoded. */
  mayDecode(from: PeerId): boolean
  /** Charges a frame that couldn't be read, by its size: no honest peer sends one, and reading it cost the most. */
  waste(from: PeerId, bytes: number): void
  /** False when the sender has nothing left for this kind: the frame isn't even decoded. */
  open(from: PeerId, kind: KindName): boolean
  /** Charges a decoded frame and the signatures that it would have checked; false when that is too much. */
  charge(from: PeerId, kind: KindName, signatures: number): boolean
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
    mayDecode: (from) => wasted.solvent(from, now()),
    waste: (from, bytes) => wasted.overdraw(from, 1 + Math.floor(bytes / WASTE_UNIT_BYTES), now()),
    open: (from, kind) => budgetsOf(kind).solvent(from, now()),
    charge: (from, kind, signatures) => budgetsOf(kind).spend(from, 1 + signatures, now()),
  }
}

export function allowanceOf(kind: KindName): Allowance {
  const quotas: Readonly<Partial<Record<KindName | 'usual', Allowance>>> = INTAKE_QUOTAS
  return quotas[kind] ?? INTAKE_QUOTAS.usual
}
