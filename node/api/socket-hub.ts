import { isDigest } from '../../protocol/ids.ts'
import type { Backend } from './backend.ts'
import { createFeed, type Feed, type Reader } from './feed.ts'
import { findJob } from './find-job.ts'
import { SERVER_LIMITS } from './limits.ts'
import { statsResource } from './network-resource.ts'
import { createTokenChannel, type TokenChannel } from './token-channel.ts'
import type { Throughput } from './throughput.ts'

/** All open sockets, by what they watch. */
export interface SocketHub {
  /** Sockets that are open or about to show their first message. */
  readonly size: number
  watchJob(job: string, reader: Reader, since?: number): void
  watchNetwork(reader: Reader, since?: number): void
  remove(reader: Reader): void
  stop(): void
}

interface HubOptions {
  readonly backend: Backend
  readonly throughput: Throughput
  readonly failed: (error: unknown) => void
}

export function createSocketHub({ backend, throughput, failed }: HubOptions): SocketHub {
  // Wall time grows faster than changes happen, so no later run of the server repeats a number.
  const firstSeq = () => backend.now()
  const jobs = new Map<string, Feed>()
  const answers = new Map<string, TokenChannel>()
  /** By which name a job is watched that waited when its reader came. */
  const names = new Map<string, string>()
  const network = createFeed({
    read: () => Promise.resolve({ stats: statsResource(backend, throughput.perMinute()) }),
    firstSeq: firstSeq(),
    updateMs: SERVER_LIMITS.networkUpdateMs,
    failed,
  })
  const unsubscribe = backend.subscribe((job) => {
    if (job !== null) {
      jobs.get(job)?.changed()
      jobs.get(names.get(job) ?? '')?.changed()
    }
    // A job's change shows in the counts as well.
    network.changed()
  })

  async function readJob(job: string): Promise<object | undefined> {
    const found = await findJob(backend, job)
    if (found === undefined) return undefined
    if (found.id !== job) names.set(found.id, job)
    if (isDigest(found.id)) answers.get(job)?.turnTo(found.id)
    return { job: found }
  }

  function feedOf(job: string): Feed {
    const known = jobs.get(job)
    if (known !== undefined) return known
    const read = () => readJob(job)
    const feed = createFeed({ read, firstSeq: firstSeq(), updateMs: SERVER_LIMITS.jobUpdateMs, failed })
    jobs.set(job, feed)
    return feed
  }

  function answerOf(job: string): TokenChannel | undefined {
    if (!isDigest(job)) return undefined
    const known = answers.get(job)
    if (known !== undefined) return known
    const channel = createTokenChannel((id, tell) => backend.followTokens(id, tell), job)
    answers.set(job, channel)
    return channel
  }

  function prune(job: string, feed: Feed): void {
    if (feed.size > 0 || jobs.get(job) !== feed) return
    answers.get(job)?.stop()
    answers.delete(job)
    feed.stop()
    jobs.delete(job)
    for (const [id, name] of names) if (name === job) names.delete(id)
  }

  return {
    get size() {
      return [...jobs.values()].reduce((sum, feed) => sum + feed.size, network.size)
    },
    watchJob(job, reader, since) {
      const feed = feedOf(job)
      answerOf(job)?.add(reader)
      void feed.add(reader, since).then(() => prune(job, feed))
    },
    watchNetwork(reader, since) {
      void network.add(reader, since)
    },
    remove(reader) {
      network.remove(reader)
      for (const [job, feed] of jobs) {
        feed.remove(reader)
        answers.get(job)?.remove(reader)
        prune(job, feed)
      }
    },
    stop() {
      unsubscribe()
      for (const feed of [network, ...jobs.values()]) feed.stop()
      for (const channel of answers.values()) channel.stop()
      answers.clear()
      jobs.clear()
      names.clear()
    },
  }
}
