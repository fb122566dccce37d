import { SOCKET_CLOSE } from '../../protocol/api/socket-messages.ts'

/** `waiting` is between two attempts; `ended` is for good. */
export type Link = 'connecting' | 'live' | 'waiting' | 'ended'

/** As much of a WebSocket as is used here. */
export interface SocketLike {
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number }) => void) | null
  close(): void
}

/** What the platform does, so that tests can do it instead. */
export interface SocketPorts {
  open(url: string): SocketLike
  /** Calls once after the delay, unless the result is called first. */
  after(delayMs: number, run: () => void): () => void
}

const BROWSER: SocketPorts = {
  open: (url) => new WebSocket(url),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

/** A peer that restarts is back within a second or two. */
export const RETRY_MS = 500
/** Somebody who looks at a dead page's clock waits no longer than this. */
export const RETRY_MS_MAX = 8_000

const FINAL_CODES: readonly number[] = Object.values(SOCKET_CLOSE)
  .filter(({ retry }) => !retry)
  .map(({ code }) => code)

export interface LiveSocketOptions {
  readonly url: string
  /** A message's JSON; what isn't JSON is passed over. */
  readonly onMessage: (message: unknown) => void
  readonly onLink: (link: Link) => void
  readonly ports?: SocketPorts
}

function parse(data: unknown): unknown {
  if (typeof data !== 'string') return undefined
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}

/**
 * Keeps a socket open until the result is called: reopens it with doubling delays, which start anew with the
 * first message, and gives up where the server says that coming back is useless.
 */
export function openLiveSocket({ url, onMessage, onLink, ports = BROWSER }: LiveSocketOptions): () => void {
  let delayMs = RETRY_MS
  let stop: () => void = () => undefined

  function retry(): void {
    stop = ports.after(delayMs, connect)
    delayMs = Math.min(2 * delayMs, RETRY_MS_MAX)
    onLink('waiting')
  }

  function connect(): void {
    const socket = ports.open(url)
    onLink('connecting')
    socket.onmessage = ({ data }) => {
      const message = parse(data)
      if (message === undefined) return
      delayMs = RETRY_MS
      onLink('live')
      onMessage(message)
    }
    socket.onclose = ({ code }) => (FINAL_CODES.includes(code) ? onLink('ended') : retry())
    stop = () => {
      socket.onmessage = null
      socket.onclose = null
      socket.close()
    }
  }

  connect()
  return () => stop()
}
