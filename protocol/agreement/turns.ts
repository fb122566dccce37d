import type { InstanceId, PeerId } from '../ids.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Roster } from '../swarm/roster.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'
import type { Standing } from './attempt.ts'
import type { InstanceRules } from './instance-rules.ts'
import { nextTurnOf } from './round.ts'

const TURN = 'agree/turn/'

interface TurnsParts {
  readonly self: PeerId
  readonly roster: Roster
  readonly duty: WitnessDuty
  readonly rules: Pick<InstanceRules, 'dueAt'>
}

/** When this peer's own later rounds come, as a witness: a timer for each undecided instance that is due. */
export class Turns {
  readonly #parts: TurnsParts
  /** Instances whose timer runs, with the due time it was set by. */
  readonly #armed = new Map<InstanceId, number>()

  constructor(parts: TurnsParts) {
    this.#parts = parts
  }

  instances(): IterableIterator<InstanceId> {
    return this.#armed.keys()
  }

  /** The instance that a timer is for, if it is one of these. */
  instanceOf(timer: string): InstanceId | undefined {
    return timer.startsWith(TURN) ? (timer.slice(TURN.length) as InstanceId) : undefined
  }

  /** Arms the timer of the next own round, once the instance is due; it stays armed until decided. */
  arm(out: Outbox, instance: InstanceId, mine: Standing): void {
    const due = this.#parts.rules.dueAt(instance)
    if (due !== undefined && due < (this.#armed.get(instance) ?? Number.POSITIVE_INFINITY))
      this.rearm(out, instance, mine)
  }

  /** After a turn: the next one; where it was put off, once that is over. */
  rearm(out: Outbox, instance: InstanceId, mine: Standing, keptUntilMs = 0): void {
    const due = this.#parts.rules.dueAt(instance)
    if (due === undefined || !this.#parts.duty.active) return
    this.#armed.set(instance, due)
    // A tick later, so that witnesses whose clock runs a little behind answer at once.
    const readyMs = mine.readyAt(this.#roundOf(instance, mine), due) + TIMES.beaconMs / 4
    const at = Math.max(readyMs, keptUntilMs)
    out.timer(`${TURN}${instance}`, Math.max(TIMES.deltaMs, at - out.now))
  }

  /** The round whose turn it is; undefined while it is too early. */
  roundNow(out: Outbox, instance: InstanceId, mine: Standing): number | undefined {
    const due = this.#parts.rules.dueAt(instance)
    const round = this.#roundOf(instance, mine)
    return due === undefined || out.now < mine.readyAt(round, due) ? undefined : round
  }

  forget(out: Outbox, instance: InstanceId): void {
    if (this.#armed.delete(instance)) out.cancelTimer(`${TURN}${instance}`)
  }

  #roundOf(instance: InstanceId, mine: Standing): number {
    const { self, roster } = this.#parts
    return nextTurnOf(self, instance, mine.promised + 1, roster.epoch)
  }
}
