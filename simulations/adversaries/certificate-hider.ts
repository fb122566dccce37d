import type { PeerView } from '../../protocol/peer/view.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { type Digest, parseResolveInstance, type PeerId } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/intake/message.ts'
import { entryIdOf, type SignedEntry } from '../../protocol/ledger/entry.ts'
import type { Fact } from '../../protocol/ledger/fact.ts'
import { RESOLVE } from '../../protocol/ledger/resolution.ts'
import {
  type CreateAdversary,
  type Means,
  type Outgoing,
  plain,
  type Sent,
  toWitnesses,
} from './adversary.ts'
import { drawFork, type Fork, proposalOf, successorOf } from './hidden-fork.ts'
import { createSideDriver } from './side-driver.ts'
import { createSideProposals } from './side-proposals.ts'

/** How many of its ticks a certificate stays hidden at most once its fork is settled. */
const HIDDEN_TICKS_MAX = 4
/** Certificates are shown to one witness only, which has to spread them, or to all. */
const SHOWN_TO_ONE_PPM = 500_000

interface Hidden {
  readonly fact: Fact
  /** Place of the fork that it belongs to. */
  readonly place: number
  ticks: number
}

/**
 * An owner that is a witness, too. It shows witnesses two entries for each place of its chain, keeps the
 * certificate that it gets for one of them to itself, has the fork settled, as the proposer without that entry,
 * asks for votes meanwhile, and lets the certificate surface once the others have settled the place.
 */
export const createCertificateHider: CreateAdversary = (means, view) => {
  const { id } = means.signer
  const hider = new CertificateHider(means, view)
  return {
    incoming(message) {
      if (message.kind === 'vote' && message.body.account === id) return hider.onVote(message)
      // Witnesses bound to an entry drive it themselves; without this one's vote they don't get far.
      if (message.kind === 'certify' && message.body.entry.signer === id) return { handled: [] }
      return hider.learn(message)
    },
    outgoing: (sent) =>
      sent.kind === 'certify' && sent.body.entry.signer === id ? hider.show(sent) : [sent],
    tick: () => hider.tick(),
  }
}

class CertificateHider {
  readonly #means: Means
  readonly #view: PeerView
  readonly #driver
  readonly #proposals
  /** By place; undefined where the entry can't be forked. */
  readonly #forks = new Map<number, Fork | undefined>()
  readonly #hidden = new Map<Digest, Hidden>()
  /** Number of its account's next resolution, as far as it has heard. */
  #number = 0

  constructor(means: Means, view: PeerView) {
    this.#means = means
    this.#view = view
    this.#driver = createSideDriver(means)
    this.#proposals = createSideProposals(means)
  }

  /** What a witness is shown in the place of an entry that the mind drives. */
  show(sent: Extract<Sent, { kind: 'certify' }>): readonly Outgoing[] {
    const { entry, evidence } = sent.body
    const { seq } = entry.body
    if (!this.#forks.has(seq)) this.#forks.set(seq, drawFork(this.#means, entry))
    const fork = this.#forks.get(seq)
    if (fork === undefined) return [sent]
    const shown = fork.shown.get(sent.to)
    return shown === undefined ? [] : [this.#driver.ask(sent.to, shown, evidence)]
  }

  /** The mind never gets to know that its entry has votes; once all are bound it goes on at once. */
  onVote(message: Extract<Message, { kind: 'vote' }>): { readonly handled: readonly Outgoing[] } | [] {
    const { seq, entry } = message.body
    const fork = this.#forks.get(seq)
    const isOfFork = fork !== undefined && isBranch(fork, entry)
    const fact = this.#driver.certificateBy(message)
    if (fact !== undefined && !this.#hidden.has(entry)) {
      const ticks = this.#means.random.below(HIDDEN_TICKS_MAX)
      this.#hidden.set(entry, { fact, place: isOfFork ? seq : seq - 1, ticks })
    }
    if (fork === undefined) return []
    const before = fork.bound.size
    fork.bound.add(message.signer)
    const isLast = fork.bound.size > before && fork.bound.size === fork.shown.size
    return { handled: isLast ? this.#settle(fork) : [] }
  }

  learn(message: Message): readonly Outgoing[] {
    const { id } = this.#means.signer
    if (message.kind === 'decision') {
      const place = parseResolveInstance(message.body.instance)
      if (place?.account === id) this.#number = Math.max(this.#number, place.number + 1)
    }
    const fork = this.#current()
    const own = this.#proposals.onMessage(message)
    if (fork === undefined) return own
    if (message.kind === 'propose' && message.body.value.type === 'resolve') {
      const { account, entries } = message.body.value
      return account === id ? this.#askLate(fork, this.#others(), entries) : own
    }
    if (message.kind !== 'prepare' || parseResolveInstance(message.body.instance)?.account !== id) return own
    return [...this.#askLate(fork, [message.signer], [fork.second]), ...own]
  }

  tick(): readonly Outgoing[] {
    const fork = this.#current()
    return [...(fork === undefined ? [] : this.#settle(fork)), ...this.#surfacing()]
  }

  #current(): Fork | undefined {
    return this.#forks.get(this.#seq())
  }

  #seq(): number {
    return this.#view.account(this.#means.signer.id)?.seq ?? 0
  }

  #others(): readonly PeerId[] {
    const { roster, signer } = this.#means
    return roster.epoch.witnesses.filter((peer) => peer !== signer.id)
  }

  /** The request, and where it is the natural proposer the value that leaves one branch out. */
  #settle(fork: Fork): readonly Outgoing[] {
    const { signer, roster } = this.#means
    const request = sign(signer, roster.swarm, RESOLVE, { account: signer.id, number: this.#number })
    const asked = toWitnesses(this.#means, (to) =>
      plain(this.#means, to, 'resolve', { request, proof: fork.proof }),
    )
    if (roster.epoch.witnesses[0] !== signer.id) return asked
    const proposal = proposalOf(this.#means, fork, this.#number)
    return [...asked, ...toWitnesses(this.#means, (to) => this.#proposals.show(to, proposal))]
  }

  /** Whoever prepares a value is asked for what it leaves out: another branch, or an entry behind one. */
  #askLate(fork: Fork, to: readonly PeerId[], entries: readonly SignedEntry[]): readonly Outgoing[] {
    const ids = entries.map(entryIdOf)
    const left = [fork.first, fork.second].filter((entry) => !ids.includes(entryIdOf(entry)))
    const branches = left.flatMap((entry) => to.map((peer) => this.#driver.ask(peer, entry)))
    const fact = this.#hidden.get(entryIdOf(fork.first))?.fact
    const next = successorOf(this.#means, fork)
    if (entries.length < 2 || fact === undefined || next === undefined) return branches
    return [...branches, ...to.map((peer) => this.#driver.ask(peer, next, [fact]))]
  }

  /** Certificates of places that the chain has left behind come out, one tick or a few later. */
  #surfacing(): readonly Outgoing[] {
    const { random } = this.#means
    return [...this.#hidden].flatMap(([entry, one]) => {
      if (one.place >= this.#seq()) return []
      one.ticks -= 1
      if (one.ticks >= 0) return []
      this.#hidden.delete(entry)
      const all = toWitnesses(this.#means, (to) => plain(this.#means, to, 'facts', { facts: [one.fact] }))
      return random.chance(SHOWN_TO_ONE_PPM) ? [random.pick(all)] : all
    })
  }
}

function isBranch({ first, second }: Fork, entry: Digest): boolean {
  return entry === entryIdOf(first) || entry === entryIdOf(second)
}
