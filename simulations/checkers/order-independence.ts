import { mintVerified } from '../../protocol/crypto/verified.ts'
import { plainFrame } from '../../protocol/encoding/envelope.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { storedFact } from '../../protocol/ledger/fact.ts'
import type { Effect } from '../../protocol/peer/effect.ts'
import type { Event } from '../../protocol/peer/event.ts'
import type { Peer } from '../../protocol/peer/options.ts'
import { createRandom } from '../random.ts'
import { type CreateChecker, type Facts } from './checker.ts'
import { isFact } from './stored-facts.ts'

/**
 * Any permutation of the same facts gives the same state digest (12.4): a fresh mind that is shown all facts
 * of a disk in an order that no network would bring must come to the root of those that lived through them.
 */
export const createOrderIndependenceChecker: CreateChecker = (facts, report) => ({
  conclude(peers) {
    const [first] = peers
    // Facts of a closed epoch prove nothing without its closed state, which nobody serves here: in such worlds
    // it's the newcomers who have to come to the same root.
    if (first?.view === undefined || facts.newestEpoch().number > 0) return
    const stored = [...first.records].filter(([key]) => isFact(key)).map(([, value]) => value)
    const root = first.view.ledgerRoot()
    const shuffled = createRandom(root).shuffled(stored)
    if (rootAfter(facts, shuffled) !== root)
      report(`${stored.length} facts in another order give another root`)
  },
})

function rootAfter(facts: Facts, values: readonly Uint8Array[]): string {
  const mind = facts.freshMind()
  const from = facts.newestEpoch().witnesses.find((witness) => witness !== mind.view.self) ?? mind.view.self
  feed(mind, { type: 'start', boot: 1, addresses: [], version: 'simulation' })
  for (const value of values) show(facts, mind, from, value)
  return mind.view.ledgerRoot()
}

function show(facts: Facts, mind: Peer, from: PeerId, value: Uint8Array): void {
  const frame = plainFrame(mind.view.swarm, from, 'facts', { facts: [storedFact(value)] })
  const inspection = mind.inspect(frame, { from, via: 'sync' })
  // A fact that its own kind won't take leaves a gap, and with it another root.
  if (!inspection.ok) return
  const { candidate } = inspection
  const message = mintVerified(candidate, candidate.checks.map(facts.verify))
  if (message !== undefined) feed(mind, { type: 'message', message })
}

/** Lets a mind handle an event and, at once, whatever it wants to look at again. Time stands still. */
function feed(mind: Peer, event: Event): void {
  const events: Event[] = [event]
  for (let next = events.shift(); next !== undefined; next = events.shift()) {
    for (const effect of mind.handle(next, 0)) events.push(...follows(effect))
  }
}

function follows(effect: Effect): readonly Event[] {
  if (effect.type === 'to-self') return [{ type: 'message', message: effect.message }]
  return effect.type === 'timer' && effect.delayMs === 0 ? [{ type: 'timer', id: effect.id }] : []
}
