import type { AdversaryName } from './adversaries/adversaries.ts'
import type { RunnerName } from './runner.ts'

/** What one member of a world is and does. */
export interface PeerPlan {
  readonly operator: string
  readonly witness: boolean
  readonly runner: RunnerName
  /** In units; what this peer asks for one run. */
  readonly price: bigint
  readonly skewMs: number
  /** What it does wrong on purpose; a peer without any is correct. */
  readonly adversaries?: readonly AdversaryName[]
  /** Its store is lost at some time. What it said before is still its word, and as an owner it may contradict it. */
  readonly losesStore?: boolean
  /** Its host agrees that it witnesses whenever an order names it. */
  readonly acceptsWitness?: boolean
  /** Its id is the lowest of the first witnesses', so that it is the natural proposer of all that has no other. */
  readonly proposes?: boolean
  /** It goes for good at some time, and its key may be anybody's from then on. */
  readonly leaves?: boolean
}

/** Whether a peer runs the real mind and nothing but it, with all that it ever wrote. */
export function isCorrect({ plan }: { readonly plan: PeerPlan }): boolean {
  return (plan.adversaries ?? []).length === 0 && plan.losesStore !== true && plan.leaves !== true
}
