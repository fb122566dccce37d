import type { SignedEntry } from '../../protocol/ledger/entry.ts'
import { entryIdOf } from '../../protocol/ledger/entry.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { type CreateAdversary, type Means, type Outgoing, plain, toWitnesses } from './adversary.ts'
import { createForgery, type Forgery } from './forgery.ts'
import { createSideDriver } from './side-driver.ts'

const REMEMBERED_MAX = 32
const ACTS_AT_ONCE = 3

interface Heard {
  readonly entry: SignedEntry
  /** The epoch in which it was first heard of. */
  readonly epoch: number
}

/**
 * A member that has the keys of all who witnessed or operated in closed epochs and do so no longer. It signs with them
 * whatever a quorum could have signed then, and shows it to everybody who has begun a later epoch: whoever hasn't can't
 * know better (README of protocol/, "Facts of closed epochs").
 */
export const createKeyThief: CreateAdversary = (means, view) => {
  const { roster, random } = means
  const heard = new Map<string, Heard>()
  const forgery = createForgery(means, view)
  const side = createSideDriver(means)

  const learn = (entry: SignedEntry) => {
    const id = entryIdOf(entry)
    if (!heard.has(id) && heard.size < REMEMBERED_MAX) heard.set(id, { entry, epoch: roster.epoch.number })
  }

  /**
   * Of two entries that a handover lists for one place its own epoch's certificate may choose either, stolen or not
   * (`ledger/adopted`): so what may be listed by an epoch is certified by others only.
   */
  const entryFor = (epoch: number): SignedEntry | undefined => {
    const known = [...heard.values()].filter((one) => epoch < one.epoch || epoch > one.epoch + 1)
    const own = forgery.entry()
    const pool = [...known.map(({ entry }) => entry), ...(own === undefined ? [] : [own])]
    return pool.length === 0 ? undefined : random.pick(pool)
  }

  return {
    incoming(message) {
      if (message.kind === 'certify') learn(message.body.entry)
      if (message.kind === 'certify-reply' && message.body.outcome.type === 'conflict')
        learn(message.body.outcome.entry)
      return side.onMessage(message)
    },
    tick() {
      if (roster.epoch.number === 0) return []
      const mint = forgery.mint()
      const asked = mint === undefined ? [] : toWitnesses(means, (to) => side.ask(to, mint))
      const acts = Array.from({ length: ACTS_AT_ONCE }, () => random.below(roster.epoch.number)).flatMap(
        (epoch) => act(means, forgery, epoch, entryFor(epoch)),
      )
      return [...asked, ...acts]
    },
  }
}

function act(
  means: Means,
  forgery: Forgery,
  epoch: number,
  entry: SignedEntry | undefined,
): readonly Outgoing[] {
  const { random, roster, signer } = means
  const known = [...roster.members()].map(({ peer }) => peer)
  const victims = known.filter((peer) => peer !== signer.id && means.hasEntered(peer, epoch + 1))
  const toAll = (make: (to: PeerId) => readonly Outgoing[]) => victims.flatMap(make)
  switch (random.pick(['certificate', 'certificate', 'vote', 'void', 'epoch', 'order'] as const)) {
    case 'certificate': {
      const fact = entry && forgery.certificate(epoch, entry)
      return fact === undefined ? [] : toAll((to) => [plain(means, to, 'facts', { facts: [fact] })])
    }
    case 'vote':
      return entry === undefined ? [] : toAll((to) => forgery.votes(to, epoch, entry))
    case 'void': {
      const decision = forgery.voided(epoch)
      return decision === undefined ? [] : toAll((to) => [plain(means, to, 'decision', decision)])
    }
    case 'epoch': {
      const decision = forgery.epoch(epoch)
      return decision === undefined ? [] : toAll((to) => [plain(means, to, 'decision', decision)])
    }
    case 'order': {
      const order = forgery.order(epoch)
      const body = order && { order, accepts: [], root: null }
      return body === undefined ? [] : toAll((to) => [plain(means, to, 'epoch-order', body)])
    }
  }
}
