import { SOCKET_CLOSE, type SocketClose } from '../../protocol/api/socket-messages.ts'
import { SERVER_LIMITS } from './limits.ts'

/** As much of a WebSocket as a feed needs. */
export interface Reader {
  readonly bufferedAmount: number
  /** Whether it can still be written to. */
  readonly isOpen: boolean
  send(text: string): void
  close(code: number, reason: string): void
}

export interface FeedOptions {
  /** The state to show; undefined when its subject doesn't exist, or, once it was shown, can't be read just now. */
  readonly read: () => Promise<object | undefined>
  /** Where `seq` starts: above every number of an earlier run. */
  readonly firstSeq: number
  /** Shortest time between two updates; changes in between are shown together. */
  readonly updateMs: number
  /** Learns of a failed read; readers are then closed. */
  readonly failed: (error: unknown) => void
}

/**
 * Shows one subject to any number of readers: a snapshot to each, then updates to all. An update has the whole newest
 * state, so whoever missed some is level with the next.
 */
export interface Feed {
  /** Readers, those still waiting for their snapshot included. */
  readonly size: number
  /**
   * `since` is the number of the newest message that this reader has seen. Where it is one of this feed's, the
   * reader goes on with what follows it; where it isn't, as after a restart or at another peer, it begins anew.
   */
  add(reader: Reader, since?: number): Promise<void>
  remove(reader: Reader): void
  changed(): void
  stop(): void
}

function dismiss(reader: Reader, why: SocketClose): void {
  const { code, reason } = SOCKET_CLOSE[why]
  reader.close(code, reason)
}

/** A reader that let the last messages pile up is dropped: memory is bounded, and it can come back for a snapshot. */
export function deliver(reader: Reader, text: string): boolean {
  if (!reader.isOpen) return false
  if (reader.bufferedAmount > SERVER_LIMITS.socketBacklogBytes) {
    dismiss(reader, 'tooSlow')
    return false
  }
  reader.send(text)
  return true
}

export function createFeed({ read, firstSeq, updateMs, failed }: FeedOptions): Feed {
  const waiting = new Set<Reader>()
  /** Each reader with the newest `seq` it was sent. */
  const readers = new Map<Reader, number>()
  let seq = firstSeq
  let sentAtMs = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let isUpdating = false

  /** A message about the newest state; undefined when there is none to show. */
  async function message(type: 'snapshot' | 'update'): Promise<{ seq: number; text: string } | undefined> {
    const at = seq
    const state = await read()
    return state === undefined ? undefined : { seq: at, text: JSON.stringify({ type, seq: at, ...state }) }
  }

  function dismissAll(why: SocketClose): void {
    const all = [...waiting, ...readers.keys()]
    waiting.clear()
    readers.clear()
    for (const reader of all) dismiss(reader, why)
  }

  function tell(news: { seq: number; text: string }): void {
    sentAtMs = performance.now()
    for (const [reader, seen] of readers) {
      if (seen >= news.seq) continue
      if (deliver(reader, news.text)) readers.set(reader, news.seq)
      else readers.delete(reader)
    }
  }

  /**
   * What its readers have seen can't be read for a moment: it has left memory and isn't in the store yet. The change that
   * puts it there is told of.
   */
  function passOver(at: number): void {
    for (const [reader, seen] of readers) readers.set(reader, Math.max(seen, at))
  }

  async function update(): Promise<void> {
    timer = undefined
    isUpdating = true
    const at = seq
    try {
      const news = await message('update')
      if (news === undefined) passOver(at)
      else tell(news)
    } catch (error) {
      failed(error)
      dismissAll('failed')
    } finally {
      isUpdating = false
      schedule()
    }
  }

  function schedule(): void {
    if (timer !== undefined || isUpdating) return
    if (![...readers.values()].some((seen) => seen < seq)) return
    timer = setTimeout(() => void update(), Math.max(0, sentAtMs + updateMs - performance.now()))
  }

  async function add(reader: Reader, since?: number): Promise<void> {
    if (since !== undefined && since >= firstSeq && since <= seq) {
      readers.set(reader, since)
      return schedule()
    }
    waiting.add(reader)
    try {
      const snapshot = await message('snapshot')
      if (!waiting.has(reader)) return
      if (snapshot === undefined) dismiss(reader, 'jobNotFound')
      else if (deliver(reader, snapshot.text)) readers.set(reader, snapshot.seq)
      // What changed while the snapshot was read went to the others only.
      schedule()
    } catch (error) {
      failed(error)
      dismiss(reader, 'failed')
    } finally {
      waiting.delete(reader)
    }
  }

  return {
    get size() {
      return waiting.size + readers.size
    },
    add,
    remove(reader) {
      waiting.delete(reader)
      readers.delete(reader)
    },
    changed() {
      seq += 1
      schedule()
    },
    stop() {
      clearTimeout(timer)
      dismissAll('goingAway')
    },
  }
}
