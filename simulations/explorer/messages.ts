/** What an exploring thread is started with. */
export interface Order {
  readonly model: string
  /** Undefined: the model's own. */
  readonly depth: number | undefined
  /** Name of the mutant that it explores in the place of the protocol; null for the real one. */
  readonly mutant: string | null
}
