import type { KindName } from '../protocol/encoding/kinds.ts'
import type { Range } from './random.ts'

/** What links do to frames. Probabilities are parts of a million for each frame. */
export interface LinkFaults {
  /** One-way latency, drawn once for each pair of peers. */
  readonly baseMs: Range
  /** Added to each frame's latency. On a stream it delays what follows; it doesn't reorder it. */
  readonly jitterMs: number
  readonly lossPpm: number
  readonly duplicatePpm: number
  /** A frame that leaves its stream's order and takes up to `reorderMs` longer. */
  readonly reorderPpm: number
  readonly reorderMs: number
  /** Kinds of messages that the network has it in for, and how many of them are lost. */
  readonly lostKinds: readonly KindName[]
  readonly lostKindsPpm: number
}

/** What a host takes for the things that a mind asks of it. */
export interface HostFaults {
  readonly syncMs: Range
  readonly loadMs: Range
  /** Checking a frame's signatures; frames of one stream keep their order meanwhile. */
  readonly verifyMs: Range
  readonly computeMs: Range
  readonly runMs: Range
  /** Runs whose provider fails. */
  readonly runFailurePpm: number
}

export interface Faults {
  readonly link: LinkFaults
  readonly host: HostFaults
}

/** A healthy network and healthy hosts: what heals, heals to this. */
export const CALM: Faults = {
  link: {
    baseMs: { min: 1, max: 20 },
    jitterMs: 5,
    lossPpm: 0,
    duplicatePpm: 0,
    reorderPpm: 0,
    reorderMs: 0,
    lostKinds: [],
    lostKindsPpm: 0,
  },
  host: {
    syncMs: { min: 0, max: 3 },
    loadMs: { min: 0, max: 1 },
    verifyMs: { min: 0, max: 1 },
    computeMs: { min: 1, max: 10 },
    runMs: { min: 20, max: 400 },
    runFailurePpm: 0,
  },
}
