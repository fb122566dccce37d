import type { Write } from '../../protocol/records/record.ts'
import type { Store } from './store.ts'

export interface DurabilityLogOptions {
  /**
   * Called once, when a write has failed, an action has thrown or a queue is full. Nothing is written and no
   * action runs after that: the peer must stop.
   */
  readonly onFailure: (error: unknown) => void
  /** Maximum of keys waiting to be written, and of actions waiting. */
  readonly queuedMax?: number
}

export interface DurabilityLog {
  /** Queues the writes of one step of the log. Positions are positive and ascend. */
  append(position: number, writes: readonly Write[]): void
  /**
   * Runs `action` once everything up to `position` is synced and all actions queued before have run: before
   * this call returns if that is so already. The position must have been appended, or be 0 for "nothing".
   */
  whenSynced(position: number, action: () => void): void
  /**
   * A promise while much waits for the disk, which resolves when the disk has caught up with it. Whoever brings
   * work from outside waits for it, so that a slow disk slows senders down instead of stopping the peer.
   */
  eased(): Promise<void> | undefined
  /** Resolves once all that was appended is synced and its actions have run, or the log has failed. */
  drain(): Promise<void>
}

class DurabilityError extends Error {
  readonly code: 'durability_order' | 'durability_overflow'

  constructor(code: DurabilityError['code'], message: string) {
    super(message)
    this.name = 'DurabilityError'
    this.code = code
  }
}

// A disk that stalls for half a minute at the busiest planned load, some 3,000 records and sends a second, is
// waited for; beyond that a peer which can't answer anybody should rather stop than fill its memory.
const QUEUED_MAX_DEFAULT = 100_000

/** From this part of the maximum on senders are asked to wait; what is under way already fits into the rest. */
const EASED_SHARE = 10

/**
 * Group commit: the link between what a peer decides and what it lets out.
 *
 * Safety. The mind changes its state in memory and appends the records of each step; what may leave the
 * machine because of that step (a vote, a send, the start of a run, a notification) is an action at the
 * step's position.
 *
 * - An action at position p runs only after a synced batch that contains all writes up to p has resolved: one
 *   batch is written at a time, in the order of the positions, and `synced` rises only when it has.
 * - So whatever anybody has seen of this peer, after a crash the disk holds at least the steps it follows
 *   from: the restored peer can't have forgotten a lock, a vote or a promise that it has sent, and can't
 *   contradict it.
 * - A crash leaves exactly the steps up to some position s, since a batch is applied atomically and groups
 *   are never split: steps above s are lost whole, together with all their actions, as if they had never been
 *   handled. A batch whose sync was in flight may be there without its actions having run; repeating them
 *   from the restored state sends the same bytes again.
 * - Of several writes to one key within a group the last one is kept; the values between belong to no state
 *   that a crash could leave, because no crash lands within a group.
 * - Actions run in the order in which they were queued, even if a later one relies on less.
 * - After a failed write it is unknown what the disk holds, so the log never runs an action again. A retry
 *   would not help: an fsync that failed once may report success later for data that is gone.
 */
export function createDurabilityLog(
  store: Pick<Store, 'write'>,
  { onFailure, queuedMax = QUEUED_MAX_DEFAULT }: DurabilityLogOptions,
): DurabilityLog {
  let group = new Map<string, Write>()
  let actions: { readonly position: number; readonly run: () => void }[] = []
  let appended = 0
  let synced = 0
  let running = false
  let failed = false
  let pump: Promise<void> | undefined

  function fail(error: unknown): void {
    if (failed) return
    failed = true
    group = new Map()
    actions = []
    onFailure(error)
  }

  function runActions(): void {
    // An action may queue further ones; they wait for their turn in the loop that is running.
    if (running) return
    running = true
    let done = 0
    try {
      for (let next = actions[0]; next !== undefined && next.position <= synced; next = actions[done]) {
        done++
        next.run()
      }
    } catch (error) {
      fail(error)
    } finally {
      actions.splice(0, done)
      running = false
    }
  }

  async function writeGroups(): Promise<void> {
    try {
      // One turn of the microtask queue lets the steps of one burst of events share the first batch.
      await Promise.resolve()
      while (synced < appended && !failed) {
        const position = appended
        const batch = [...group.values()]
        group = new Map()
        if (batch.length > 0) await store.write(batch)
        synced = position
        runActions()
      }
    } catch (error) {
      fail(error)
    } finally {
      // In the same turn as the loop's last look at `appended`, or a step appended in between would be left
      // lying.
      pump = undefined
    }
  }

  return {
    append(position, writes) {
      if (failed) return
      if (!(position > appended)) {
        throw new DurabilityError('durability_order', `Position ${position} comes after ${appended}.`)
      }
      for (const write of writes) group.set(write.key, write)
      if (group.size > queuedMax) return fail(overflow('keys'))
      appended = position
      pump ??= writeGroups()
    },
    whenSynced(position, action) {
      if (failed) return
      if (!(position <= appended)) {
        throw new DurabilityError('durability_order', `Position ${position} was not appended yet.`)
      }
      if (actions.length >= queuedMax) return fail(overflow('actions'))
      actions.push({ position, run: action })
      runActions()
    },
    eased: () => (group.size + actions.length > queuedMax / EASED_SHARE ? pump : undefined),
    drain: async () => pump,
  }
}

function overflow(what: string): DurabilityError {
  return new DurabilityError('durability_overflow', `Too many ${what} wait for the disk.`)
}
