import { TOLD_SLOT } from '../../protocol/api/socket-messages.ts'
import type { JobId, PeerId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import { LIMITS } from '../../protocol/params.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import type { TokenNews } from '../api/backend.ts'
import type { Wire } from './ports.ts'
import { mayReadAlong } from './token-serving.ts'
import type { TokenStreams } from './token-streams.ts'

interface FollowerOptions {
  readonly view: Pick<PeerView, 'self' | 'job'>
  readonly wire: Pick<Wire, 'readTokens'>
  /** Answers that are made here. */
  readonly own: Pick<TokenStreams, 'read'>
  readonly subscribe: (listener: (job: string | null) => void) => () => void
}

/** Whom to read, and as which rank it runs; undefined while nobody is at it. */
interface Place {
  readonly peer: PeerId
  readonly rank: number
}

function placeIn(record: JobRecord | undefined): Place | undefined {
  const slot = record?.slots.find((one) => one.slot === TOLD_SLOT)
  if (record?.closedMs !== null || slot === undefined || slot.state === 'assigned' || slot.state === 'failed')
    return undefined
  return { peer: slot.peer, rank: slot.rank }
}

/**
 * Reads the answer to a job at whoever makes it, from the payer's and the steward's side, until the result is called. A rank
 * that takes the slot over begins anew: `reset` says so. A stream that breaks, or
 * ends without a byte since its runner hadn't begun, is opened again when the job moves on: a lease comes thrice in leaseMs.
 * The text is provisional in any case; the verdict decides.
 */
export function createTokenFollower({ view, wire, own, subscribe }: FollowerOptions) {
  return (job: JobId, tell: (news: TokenNews) => void): (() => void) => {
    let current: Place | undefined
    let abort = new AbortController()
    let lastRank: number | undefined

    /** How many bytes came; throws where the stream breaks. */
    async function read(place: Place, signal: AbortSignal): Promise<number> {
      const isOwn = place.peer === view.self
      const pieces = isOwn ? own.read(job, signal) : wire.readTokens(place.peer, job, signal)
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
      let [bytes, at] = [0, 0]
      for await (const piece of pieces ?? []) {
        bytes += piece.length
        // No honest runner shows more than an answer may have.
        if (signal.aborted || bytes > LIMITS.answerBytes) return bytes
        const text = decoder.decode(piece, { stream: true })
        if (text !== '') tell({ type: 'tokens', rank: place.rank, at, text })
        at += text.length
      }
      return bytes
    }

    function look(): void {
      const record = view.job(job)
      const place = record !== undefined && mayReadAlong(record, view.self) ? placeIn(record) : undefined
      if (place === undefined || (place.peer === current?.peer && place.rank === current.rank)) return
      abort.abort()
      abort = new AbortController()
      current = place
      if (lastRank !== undefined && lastRank !== place.rank) tell({ type: 'reset', rank: place.rank })
      lastRank = place.rank
      const { signal } = abort
      void read(place, signal)
        .catch(() => 0)
        .then((bytes) => {
          // Whoever broke it, or hasn't begun yet, is asked again once more is heard of it, or somebody in its place.
          if (bytes === 0 && !signal.aborted) current = undefined
          return undefined
        })
    }

    const unsubscribe = subscribe((changed) => {
      if (changed === job) look()
    })
    look()
    return () => {
      unsubscribe()
      abort.abort()
    }
  }
}
