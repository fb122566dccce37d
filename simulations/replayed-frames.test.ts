import { describe, expect, it } from 'vitest'
import { mintVerified } from '../protocol/crypto/verified.ts'
import { decodeEnvelope } from '../protocol/encoding/envelope.ts'
import type { Source } from '../protocol/intake/message.ts'
import type { Peer, PeerOptions } from '../protocol/peer/options.ts'
import { createPeer } from '../protocol/peer/peer.ts'
import { openJudge } from './judge.ts'
import { runJobs } from './scenarios/jobs.ts'

interface Heard {
  readonly mind: Peer
  readonly frames: { readonly frame: Uint8Array; readonly source: Source }[]
}

/** Long after the run, so that every sender's budget is whole again. */
const LATER_MS = 100_000_000
const EVERY_MS = 100

/** Minds after a few whole jobs, each with every frame that it took in. */
function hearJobs(): readonly Heard[] {
  const all: Heard[] = []
  const createMind = (options: PeerOptions): Peer => {
    const heard: Heard = { mind: createPeer(options), frames: [] }
    all.push(heard)
    return {
      ...heard.mind,
      inspect(frame, source) {
        const inspected = heard.mind.inspect(frame, source)
        if (inspected.ok) heard.frames.push({ frame, source })
        return inspected
      },
    }
  }
  runJobs({ seed: 1, jobs: 2, crypto: 'keyed-hash', judge: openJudge(), createMind })
  return all
}

describe('everything that was ever said, said again', () => {
  const all = hearJobs()
  const kindOf = ({ frame }: { readonly frame: Uint8Array }) => decodeEnvelope(frame).kind

  it('is of all kinds that jobs need', () => {
    const kinds = new Set(all.flatMap(({ frames }) => frames.map(kindOf)))
    const wanted = ['entry', 'certify', 'vote', 'facts', 'bid', 'beacon', 'propose', 'prepare', 'prepared']
    for (const kind of [...wanted, 'commit', 'decision', 'job-commit', 'seal', 'reveal'])
      expect(kinds).toContain(kind)
  })

  it.each([1, 2])('changes nothing that is kept, time %i', (time) => {
    for (const { mind, frames } of all) {
      const root = mind.view.ledgerRoot()
      const supply = mind.view.supply()
      const jobs = mind.view.counters().jobs
      let now = LATER_MS * time
      const written = frames.flatMap(({ frame, source }) => {
        now += EVERY_MS
        const inspected = mind.inspect(frame, source)
        if (!inspected.ok) return [inspected.code]
        const answers = inspected.candidate.checks.map(() => true)
        const message = mintVerified(inspected.candidate, answers)
        if (message === undefined) return ['unverified']
        return mind
          .handle({ type: 'message', message }, now)
          .flatMap((effect) => (effect.type === 'persist' ? effect.writes.map(({ key }) => key) : []))
      })
      expect(written).toEqual([])
      expect(mind.view.ledgerRoot()).toBe(root)
      expect(mind.view.supply()).toEqual(supply)
      expect(mind.view.counters().jobs).toEqual(jobs)
    }
  })
})
