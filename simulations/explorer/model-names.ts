/** Every small world there is, the smallest first. */
export const MODEL_NAMES = [
  'forking-owner-3',
  'forking-owner-4',
  'forking-proposer-4',
  'competing-proposers-3',
  'competing-proposers-4',
] as const
export type ModelName = (typeof MODEL_NAMES)[number]

/** Mutants that exploring alone must find; the others need jobs, money or time. */
export const EXPLORED_MUTANTS = [
  'small-quorum',
  'lock-in-memory',
  'vote-before-sync',
  'prepared-left-out',
  'carried-value-ignored',
  'second-prepare',
] as const
