import type { PeerId } from '../../protocol/ids.ts'
import type { EpochOrder, SignedOrder } from '../../protocol/epoch/value.ts'
import { keys } from '../../protocol/records/keys.ts'
import { quorumOf } from '../checkers/checker.ts'
import type { EpochRecord, KnownEpoch } from '../checkers/epoch-record.ts'
import type { Random } from '../random.ts'
import { isCorrect } from '../peer-plan.ts'
import type { World, WorldPeer } from '../world.ts'
import type { ChangePlan, OrderPlan } from './draw-changes.ts'

/** How often the people of a swarm look what has become of an order. */
const LOOK_MS = 500
/** An order is brought again after so long: whoever was told may have crashed. */
const AGAIN_MS = 3_000
/** One that waits for the accept of a peer that isn't correct is given up, and the next one takes its place. */
const PATIENCE_MS = 30_000
const ACCEPTS_PPM = 500_000

/** An order on its way through the hands of those who sign it. */
interface Draft {
  readonly plan: OrderPlan
  body: EpochOrder | undefined
  signed: SignedOrder | undefined
  /** The command that is still to be answered. */
  asked: number | undefined
  broughtMs: number
}

export interface ChangeDriverParts {
  readonly world: World
  readonly epochs: EpochRecord
  readonly changes: readonly ChangePlan[]
  readonly random: Random
}

/** What operators, and hosts of new witnesses, do by their commands to change an epoch, until all changes are through. */
export class ChangeDriver {
  readonly #parts: ChangeDriverParts
  /** How many changes are decided or given up. */
  #past = 0
  #drafts: readonly Draft[] = []
  #sinceMs = 0
  #target = 0
  ordered = 0
  /** Nobody dies or leaves any more once an order was given up: it may yet be carried out in the next one's place. */
  #isSure = true
  #wasKnown = false

  constructor(parts: ChangeDriverParts) {
    this.#parts = parts
  }

  start(): void {
    this.#parts.world.after(LOOK_MS, () => this.#look())
  }

  get isDone(): boolean {
    return this.#past >= this.#parts.changes.length
  }

  /** Changes that are still to be decided. */
  get remaining(): readonly ChangePlan[] {
    return this.#parts.changes.slice(this.#past)
  }

  #look(): void {
    if (this.isDone) return
    const { world, epochs, changes } = this.#parts
    const change = changes[this.#past]
    if (change !== undefined && world.now >= change.atMs) {
      if (this.#drafts.length === 0) this.#begin(change, epochs.newest.number + 1)
      if (epochs.newest.number >= this.#target) {
        // Seen twice: what was just written is durable by then.
        const isKnown = this.#isKnown(change)
        if (isKnown && this.#wasKnown) this.#end(change)
        this.#wasKnown = isKnown
      } else if (this.#isHopeless(change)) this.#giveUp()
      else this.#advance()
    }
    world.after(LOOK_MS, () => this.#look())
  }

  #begin({ orders, dying }: ChangePlan, target: number): void {
    const { world } = this.#parts
    this.#target = target
    this.#sinceMs = world.now
    this.#drafts = orders.map((plan) => ({
      plan,
      body: undefined,
      signed: undefined,
      asked: undefined,
      broughtMs: -AGAIN_MS,
    }))
    for (const peer of this.#peersAt(dying === undefined || !this.#isSure ? [] : [dying]))
      world.keepAway(peer)
  }

  /** Whether somebody who stays has begun the epoch with all of it: who leaves before that takes something along. */
  #isKnown({ leaving }: ChangePlan): boolean {
    const { peers } = this.#parts.world
    return peers.some(
      (peer, at) =>
        !leaving.includes(at) &&
        (peer.plan.adversaries ?? []).length === 0 &&
        peer.body.running &&
        peer.disk.durable().has(keys.epoch(this.#target)) &&
        peer.body.view?.change().isLevel === true,
    )
  }

  #end({ leaving }: ChangePlan): void {
    const gone = this.#isSure ? leaving : []
    for (const peer of this.#peersAt(gone)) this.#parts.world.keepAway(peer)
    this.#turnTo(this.#past + 1)
  }

  #giveUp(): void {
    this.#isSure = false
    this.#turnTo(this.#past + 1)
  }

  #turnTo(past: number): void {
    this.#past = past
    this.#wasKnown = false
    this.#drafts = []
  }

  #isHopeless({ orders }: ChangePlan): boolean {
    const { world } = this.#parts
    const named = this.#peersAt(orders.flatMap(({ witnesses }) => witnesses))
    return (
      named.some(({ plan }) => (plan.adversaries ?? []).length > 0 || plan.losesStore === true) &&
      world.now - this.#sinceMs > PATIENCE_MS
    )
  }

  #advance(): void {
    for (const draft of this.#drafts) {
      if (draft.signed !== undefined && this.#isEnough(draft.signed)) this.#bring(draft, draft.signed)
      else this.#sign(draft)
    }
    const { random, world } = this.#parts
    for (const peer of this.#ready()) {
      const { missing = [] } = peer.body.view?.change() ?? {}
      if (peer.plan.acceptsWitness === true || !missing.includes(peer.id) || !random.chance(ACCEPTS_PPM))
        continue
      world.epochCommand(peer, { type: 'accept-epoch', number: this.#target })
    }
  }

  /** Running peers that know no other epoch than the one that is to end. */
  #ready(): readonly WorldPeer[] {
    return this.#parts.world.peers.filter(
      ({ body: { view } }) => view !== undefined && view.roster.epoch.number === this.#target - 1,
    )
  }

  #isEnough({ signatures }: SignedOrder): boolean {
    const { operators, witnesses } = this.#parts.epochs.newest
    const count = (keys: readonly PeerId[]) => signatures.filter(({ signer }) => keys.includes(signer)).length
    return count(operators.keys) >= operators.needed || count(witnesses) >= quorumOf(witnesses.length)
  }

  /** One signer after the other; where those meant to sign are gone the others have to do. */
  #sign(draft: Draft): void {
    const { world, epochs } = this.#parts
    if (draft.asked !== undefined) {
      const result = world.epochResultOf(draft.asked)
      if (result?.ok === true && result.type === 'order') draft.signed = result.order
    }
    draft.asked = undefined
    const signed = draft.signed?.signatures ?? []
    const has = (peer: PeerId) => signed.some(({ signer }) => signer === peer)
    if (draft.signed !== undefined && this.#isEnough(draft.signed)) return
    const ready = this.#ready().filter(({ id }) => !has(id))
    const signer = signersOf(epochs.newest, draft.plan).flatMap(
      (id) => ready.find((peer) => peer.id === id) ?? [],
    )[0]
    const governance = signer?.body.view?.roster.governance
    if (signer === undefined || governance === undefined) return
    draft.body ??= { number: this.#target, governance: this.#governanceOf(governance, draft.plan) }
    draft.asked = world.epochCommand(signer, { type: 'sign-order', body: draft.body, signatures: signed })
  }

  #governanceOf(before: EpochOrder['governance'], plan: OrderPlan): EpochOrder['governance'] {
    const ids = (places: readonly number[]) => this.#peersAt(places).map(({ id }) => id)
    const { operators, minters, fee } = plan
    return {
      ...before,
      witnesses: ids(plan.witnesses).sort((a, b) => (a < b ? -1 : 1)),
      operators:
        operators === undefined
          ? before.operators
          : { keys: ids(operators.places), needed: operators.needed },
      minters: minters === undefined ? before.minters : ids(minters),
      params: fee === undefined ? before.params : { ...before.params, fee },
    }
  }

  #bring(draft: Draft, order: SignedOrder): void {
    const { world, random } = this.#parts
    if (world.now - draft.broughtMs < AGAIN_MS) return
    const ready = this.#ready().filter(isCorrect)
    if (ready.length === 0) return
    if (draft.broughtMs < 0) this.ordered += 1
    draft.broughtMs = world.now
    world.epochCommand(random.pick(ready), { type: 'order-epoch', order })
  }

  #peersAt(places: readonly number[]): readonly WorldPeer[] {
    return places.flatMap((place) => this.#parts.world.peers[place] ?? [])
  }
}

function signersOf({ operators, witnesses }: KnownEpoch, { isByWitnesses }: OrderPlan): readonly PeerId[] {
  return isByWitnesses ? [...witnesses, ...operators.keys] : [...operators.keys, ...witnesses]
}
