import { createEffect, createSignal, onCleanup } from 'solid-js'
import { createStore, reconcile } from 'solid-js/store'
import { ApiError } from '../../protocol/api/client.ts'
import { type Fault, faultOf } from '../format/fault.ts'
import { type Link, openLiveSocket } from './live-socket.ts'

export interface Watched<T extends object> {
  /** The newest that is known, also while the link is down; undefined before anything came. */
  readonly value: T | undefined
  readonly link: Link
  /** Why there is nothing newer. */
  readonly fault: Fault | undefined
}

/** A peer's numbers are its own: one that this address leads to now may count from less than the one before. */
export interface Numbered<T> {
  readonly seq: number
  readonly value: T
  /** Whether it begins anew, as the first message of a connection does. */
  readonly isFirst: boolean
}

export interface WatchSource<T extends object> {
  readonly url: string
  /** Takes the subject and its number out of a message; undefined for any other message. */
  readonly read: (message: unknown) => Numbered<T> | undefined
  /** Takes whatever else the socket says. */
  readonly other?: (message: unknown) => void
  /** Asks once, for the time without a socket. */
  readonly fetch: (signal: AbortSignal) => Promise<T>
}

/** Whether a message has more than the one with the newest number so far: a later one of the same peer, or another one's first. */
export function isNewer({ seq, isFirst }: Omit<Numbered<unknown>, 'value'>, newest: number): boolean {
  return isFirst || seq > newest
}

/** Asking again is useless: the thing isn't there, or isn't for this caller. */
function isFinal(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 403)
}

function follow<T extends object>(
  { url, read, other, fetch }: WatchSource<T>,
  show: { value: (value: T) => void; link: (link: Link) => void; fault: (fault: Fault | undefined) => void },
): () => void {
  const abort = new AbortController()
  let newest = Number.NEGATIVE_INFINITY

  function failed(error: unknown): void {
    if (abort.signal.aborted) return
    show.fault(faultOf(error))
    if (!isFinal(error)) return
    close()
    show.link('ended')
  }

  /** An answer that took longer than the next socket message is older than it. */
  async function ask(): Promise<void> {
    const before = newest
    const value = await fetch(abort.signal)
    if (abort.signal.aborted || newest !== before) return
    show.value(value)
    show.fault(undefined)
  }

  const close = openLiveSocket({
    url,
    onLink(link) {
      show.link(link)
      if (link === 'waiting' || link === 'ended') ask().catch(failed)
    },
    onMessage(message) {
      const update = read(message)
      if (update === undefined) return other?.(message)
      if (!isNewer(update, newest)) return
      newest = update.seq
      show.value(update.value)
      show.fault(undefined)
    },
  })
  return () => {
    abort.abort()
    close()
  }
}

/**
 * Follows one subject over its socket and asks for it by GET whenever the socket is down. A new source starts
 * from nothing; what didn't change keeps its place in the page.
 */
export function createWatch<T extends object>(source: () => WatchSource<T>): Watched<T> {
  const [store, setStore] = createStore<{ value: T | undefined }>({ value: undefined })
  const [link, setLink] = createSignal<Link>('connecting')
  const [fault, setFault] = createSignal<Fault>()
  createEffect(() => {
    const close = follow(source(), {
      value: (value) => setStore('value', reconcile<T | undefined, T | undefined>(value)),
      link: setLink,
      fault: setFault,
    })
    onCleanup(() => {
      close()
      setStore('value', undefined)
      setFault(undefined)
    })
  })
  return {
    get value() {
      return store.value
    },
    get link() {
      return link()
    },
    get fault() {
      return fault()
    },
  }
}
