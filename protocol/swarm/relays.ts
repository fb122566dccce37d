import type { EntryId, PeerId } from '../ids.ts'
import { entryIdOf, type SignedEntry } from '../ledger/entry.ts'
import type { LedgerListener } from '../ledger/ledger.ts'
import type { Outbox } from '../peer/outbox.ts'
import { joinFault, joinRefusal } from './admission.ts'
import type { JoinRefusal, RelayOutcome } from './join-refusals.ts'
import { joinOf } from './joining.ts'
import type { Roster } from './roster.ts'

/** Newcomers that wait for an outcome: a class or a whole office joins at one moment. */
const RELAYS_MAX = 256
/** Within the deadline of a request on `join`, which is 8 s. */
const RELAY_MS = 5_000

const TIMER = 'relay/'

interface Waiting {
  readonly id: EntryId
  readonly entry: SignedEntry
  readonly commands: number[]
}

interface RelaysOptions {
  readonly roster: Roster
  readonly ledger: {
    drive(out: Outbox, entry: SignedEntry): boolean
    nextSeq(account: PeerId): number
  }
  readonly answer: (out: Outbox, command: number, outcome: RelayOutcome) => void
}

/**
 * Brings newcomers' joins to the witnesses (2). Of one token only one entry is driven at a time: of a hundred that
 * redeem one invitation at once through one member, the first is certified and the others hear that it is used. Two
 * that go different ways may block each other; then neither joins, which is what an invitation used twice deserves.
 * Nothing is kept on disk: a newcomer repeats its request, and a witness that is bound to its entry sees it through.
 */
export interface Relays extends Pick<LedgerListener, 'placeSettled' | 'gaveUp'> {
  relay(out: Outbox, command: number, entry: SignedEntry): void
  onTimer(out: Outbox, id: string): boolean
}

export function createRelays({ roster, ledger, answer }: RelaysOptions): Relays {
  /** By token, in the order of arrival; the first is driven. */
  const queues = new Map<PeerId, Waiting[]>()
  let waiting = 0

  function tell(out: Outbox, { commands }: Waiting, outcome: RelayOutcome): void {
    waiting -= commands.length
    for (const command of commands.splice(0)) {
      out.cancelTimer(TIMER + command)
      answer(out, command, outcome)
    }
  }

  /** Nobody asks for what has no command left, unless witnesses are asked about it already. */
  function begin(out: Outbox, token: PeerId): void {
    const queue = (queues.get(token) ?? []).filter(({ commands }) => commands.length > 0)
    const [first] = queue
    if (first === undefined) return void queues.delete(token)
    queues.set(token, queue)
    if (ledger.drive(out, first.entry)) return
    queues.delete(token)
    for (const one of queue) tell(out, one, { status: 'later' })
  }

  function faultOf(entry: SignedEntry, now: number): JoinRefusal | undefined {
    const join = joinOf(entry)
    if (join === undefined || entry.signer !== entry.body.account) return 'not_a_join'
    if (roster.isRevoked(join.consent.signer)) return 'peer_revoked'
    return joinFault(join, entry.body.account, roster) ?? joinRefusal(join, roster, now)
  }

  return {
    relay(out, command, entry) {
      const token = entry.body.account
      // Of an epoch that this member hasn't heard of: it isn't the one to say whether the invitation is any good.
      const epoch = joinOf(entry)?.invitation?.body.epoch ?? 0
      if (epoch > roster.epoch.number) return answer(out, command, { status: 'later' })
      const code = ledger.nextSeq(token) > 0 ? 'invitation_used' : faultOf(entry, out.now)
      if (code !== undefined) return answer(out, command, { status: 'refused', code })
      if (waiting >= RELAYS_MAX) return answer(out, command, { status: 'later' })
      waiting += 1
      out.timer(TIMER + command, RELAY_MS)
      const id = entryIdOf(entry)
      const queue = queues.get(token)
      const known = queue?.find((one) => one.id === id)
      if (known !== undefined) return void known.commands.push(command)
      const added = { id, entry, commands: [command] }
      if (queue !== undefined) return void queue.push(added)
      queues.set(token, [added])
      begin(out, token)
    },
    placeSettled(out, { account, seq }, entry) {
      const queue = seq === 0 ? queues.get(account) : undefined
      if (queue === undefined) return
      queues.delete(account)
      const settled = entry === undefined ? undefined : entryIdOf(entry)
      for (const one of queue) {
        const isIt = one.id === settled
        tell(out, one, isIt ? { status: 'certified' } : { status: 'refused', code: 'invitation_used' })
      }
    },
    gaveUp(out, entry, why) {
      const { account } = entry.body
      const queue = queues.get(account)
      const [first] = queue ?? []
      if (first === undefined || first.id !== entryIdOf(entry)) return
      queue?.shift()
      tell(out, first, { status: 'refused', code: why === 'conflict' ? 'invitation_contested' : why })
      begin(out, account)
    },
    onTimer(out, id) {
      if (!id.startsWith(TIMER)) return false
      const command = Number(id.slice(TIMER.length))
      for (const queue of queues.values()) {
        for (const one of queue) {
          const at = one.commands.indexOf(command)
          if (at < 0) continue
          one.commands.splice(at, 1)
          waiting -= 1
          answer(out, command, { status: 'later' })
        }
      }
      return true
    },
  }
}
