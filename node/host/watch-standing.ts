import type { Standing } from '../../protocol/api/swarm-schema.ts'
import { type Seen, standingOf, standingWords } from '../api/standing.ts'

interface StandingOptions extends Seen {
  /** As `MindHost.subscribe`. */
  readonly subscribe: (listener: () => void) => () => void
  readonly warn: (sentence: string) => void
}

export interface StandingWatch {
  /** Looks anew: a member has refused this peer. */
  look(): void
  close(): void
}

/** Says in the log, once for each change, that this peer's membership has ended or seems to. */
export function watchStanding({ view, network, subscribe, warn }: StandingOptions): StandingWatch {
  let told: Standing = 'member'
  const look = (): void => {
    const standing = standingOf({ view, network })
    if (standing === told) return
    told = standing
    for (const sentence of standingWords(standing, view.self)) warn(sentence)
  }
  look()
  return { look, close: subscribe(look) }
}
