import { SOCKET_CLOSE } from '../../protocol/api/socket-messages.ts'

/** `waiting` is between two attempts; `ended` is for good. */
export type Link = 'connecting' | 'live' | 'waiting' | 'ended'

export interface SocketHandlers {
  readonly onMessage: (data: unknown) => void
  readonly onClose: (code: number) => void
}

/** What the platform does, so that tests can do it instead. */
export interface SocketPorts {
  /** Opens a socket; the result closes it, after which no handler is called. */
  open(url: string, handlers: SocketHandlers): () => void
  /** Calls once after the delay, unless the result is called first. */
  after(delayMs: number, run: () => void): () => void
}

const BROWSER: SocketPorts = {
  open(url, { onMessage, onClose }) {
    const socket = new WebSocket(url)
    const abort = new AbortController()
    const { signal } = abort
    socket.addEventListener('message', ({ data }) => onMessage(data), { signal })
    socket.addEventListener('close', ({ code }) => onClose(code), { signal })
    return () => {
      abort.abort()
      socket.close()
    }
  },
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
    onLink('connecting')
    stop = ports.open(url, {
      onMessage(data) {
        const message = parse(data)
        if (message === undefined) return
        delayMs = RETRY_MS
        onLink('live')
        onMessage(message)
      },
      onClose: (code) => (FINAL_CODES.includes(code) ? onLink('ended') : retry()),
    })
  }

  connect()
  return () => stop()
}
