import { describe, expect, it } from 'vitest'
import { type Link, openLiveSocket, RETRY_MS, RETRY_MS_MAX, type SocketHandlers } from './live-socket.ts'

function world() {
  const sockets: { handlers: SocketHandlers | undefined }[] = []
  const delays: number[] = []
  const links: Link[] = []
  const messages: unknown[] = []
  let due: (() => void) | undefined
  const stop = openLiveSocket({
    url: 'ws://peer/ws',
    onMessage: (message) => messages.push(message),
    onLink: (link) => links.push(link),
    ports: {
      open(_, handlers) {
        const socket: { handlers: SocketHandlers | undefined } = { handlers }
        sockets.push(socket)
        return () => {
          socket.handlers = undefined
        }
      },
      after(delayMs, run) {
        delays.push(delayMs)
        due = run
        return () => {
          due = undefined
        }
      },
    },
  })
  return {
    sockets,
    delays,
    links,
    messages,
    stop,
    say: (data: unknown) => sockets.at(-1)?.handlers?.onMessage(data),
    drop: (code = 1006) => sockets.at(-1)?.handlers?.onClose(code),
    elapse: () => due?.(),
    isWaiting: () => due !== undefined,
  }
}

describe('openLiveSocket', () => {
  it('hands on messages and passes over what is no JSON', () => {
    const { say, messages, links } = world()
    say('{"seq":1}')
    say('not json')
    say(new ArrayBuffer(1))
    expect(messages).toEqual([{ seq: 1 }])
    expect(links).toEqual(['connecting', 'live'])
  })

  it('reopens with doubling delays up to the longest', () => {
    const { drop, elapse, delays, sockets } = world()
    for (let times = 0; times < 7; times++) {
      drop()
      elapse()
    }
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, RETRY_MS_MAX, RETRY_MS_MAX])
    expect(sockets).toHaveLength(8)
  })

  it('starts its delays anew after a message, not after a mere connection', () => {
    const { drop, elapse, say, delays } = world()
    drop()
    elapse()
    drop()
    elapse()
    say('{}')
    drop()
    expect(delays).toEqual([RETRY_MS, 2 * RETRY_MS, RETRY_MS])
  })

  it('gives up where the server says so', () => {
    const { drop, links, isWaiting } = world()
    drop(4404)
    expect(links.at(-1)).toBe('ended')
    expect(isWaiting()).toBe(false)
  })

  it('stops while open and while waiting', () => {
    const open = world()
    open.stop()
    expect(open.sockets[0]?.handlers).toBeUndefined()
    expect(open.isWaiting()).toBe(false)

    const waiting = world()
    waiting.drop()
    waiting.stop()
    expect(waiting.isWaiting()).toBe(false)
  })
})
