import type { ResetMessage, TokensMessage } from '../../protocol/api/socket-messages.ts'
import type { JobId } from '../../protocol/ids.ts'
import type { TokenNews } from './backend.ts'
import { deliver, type Reader } from './feed.ts'

/** Tells an answer, while it is made, to any number of readers; whoever comes later is told it from the beginning. */
export interface TokenChannel {
  add(reader: Reader): void
  remove(reader: Reader): void
  /** Readers that came by the name of a submission are told of the job that it is now, from its beginning. */
  turnTo(job: JobId): void
  stop(): void
}

type Follow = (job: JobId, tell: (news: TokenNews) => void) => () => void

/** `follow` is called at once; its text is bounded by whoever it comes from. */
export function createTokenChannel(follow: Follow, first: JobId): TokenChannel {
  const readers = new Set<Reader>()
  let text = ''
  let rank = 0

  function take(news: TokenNews): void {
    rank = news.rank
    text = news.type === 'reset' ? '' : text.slice(0, news.at) + news.text
    const message: TokensMessage | ResetMessage = news
    const said = JSON.stringify(message)
    for (const reader of readers) {
      if (!deliver(reader, said)) readers.delete(reader)
    }
  }

  let followed = first
  let unfollow = follow(first, take)

  return {
    add(reader) {
      const message: TokensMessage = { type: 'tokens', rank, at: 0, text }
      if (text === '' || deliver(reader, JSON.stringify(message))) readers.add(reader)
    },
    remove(reader) {
      readers.delete(reader)
    },
    turnTo(job) {
      if (job === followed) return
      unfollow()
      followed = job
      if (text !== '') take({ type: 'reset', rank: 0 })
      unfollow = follow(job, take)
    },
    stop: () => unfollow(),
  }
}
