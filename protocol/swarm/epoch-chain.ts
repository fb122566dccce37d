import { type Decision, valueDigestOf } from '../agreement/messages.ts'
import { epochInstance, type PeerId } from '../ids.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import type { LiveRoster } from './live-roster.ts'

/**
 * Follows the epochs of a swarm from its charter on, as a newcomer does before it relies on any certificate: each
 * decision is signed by a quorum of the epoch before, which the decision's checks have shown. Whoever held a majority
 * of an early epoch's keys could make another chain; which one is meant, the invitation says by the digest of its epoch.
 */
export interface EpochChain {
  readonly roster: LiveRoster
  /** False for a decision that doesn't begin the next epoch; the chain stays as it is. */
  follow(decision: Decision): boolean
}

export function createEpochChain(roster: LiveRoster, self: PeerId): EpochChain {
  return {
    roster,
    follow({ instance, quorum, value }) {
      const { number } = roster.epoch
      if (value.type !== 'epoch' || instance !== epochInstance(number + 1)) return false
      if (quorum.epoch !== number || value.order.body.number !== number + 1) return false
      // Nothing of a newcomer is kept yet: its own mind hears of the epochs once more and keeps them.
      const nowhere = new EventOutbox(self, roster.swarm, 0)
      roster.enter(nowhere, value.order.body.governance, valueDigestOf(value))
      return true
    },
  }
}
