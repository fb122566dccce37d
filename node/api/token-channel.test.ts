import { expect, it } from 'vitest'
import { SOCKET_CLOSE } from '../../protocol/api/socket-messages.ts'
import { blobRefOf } from '../../protocol/ids.ts'
import type { TokenNews } from './backend.ts'
import type { Reader } from './feed.ts'
import { SERVER_LIMITS } from './limits.ts'
import { createTokenChannel } from './token-channel.ts'

const JOB = blobRefOf(Uint8Array.of(1)).digest

/** A reader that takes what it is sent, or lets it pile up. */
function readerOf({ isSlow = false } = {}) {
  const heard: string[] = []
  const codes: number[] = []
  const reader: Reader = {
    get bufferedAmount() {
      return isSlow && heard.length > 0 ? SERVER_LIMITS.socketBacklogBytes + 1 : 0
    },
    isOpen: true,
    send: (text) => void heard.push(text),
    close: (code) => void codes.push(code),
  }
  return { reader, heard, codes }
}

function channel() {
  let tell: (news: TokenNews) => void = () => undefined
  const made = createTokenChannel((_, told) => {
    tell = told
    return () => undefined
  }, JOB)
  const say = (at: number, text: string) => tell({ type: 'tokens', rank: 0, at, text })
  return { ...made, say }
}

it('drops a reader that is too slow, and goes on for the others', () => {
  const { add, say } = channel()
  const [slow, fast] = [readerOf({ isSlow: true }), readerOf()]
  add(slow.reader)
  add(fast.reader)
  for (const at of [0, 1, 2]) say(at, 'x')
  expect(slow.heard).toHaveLength(1)
  expect(slow.codes).toEqual([SOCKET_CLOSE.tooSlow.code])
  expect(fast.heard).toHaveLength(3)
  expect(fast.codes).toEqual([])
})
