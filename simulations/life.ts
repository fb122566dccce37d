import { mintVerified } from '../protocol/crypto/verified.ts'
import type { Digest, PeerId } from '../protocol/ids.ts'
import type { Source } from '../protocol/intake/message.ts'
import type { Effect } from '../protocol/peer/effect.ts'
import type { Event } from '../protocol/peer/event.ts'
import type { Peer } from '../protocol/peer/options.ts'
import { keys } from '../protocol/records/keys.ts'
import type { Verdict } from '../protocol/verification/verdict.ts'
import { fetchBlob, maySee } from './blobs.ts'
import type { BodyOptions, PowerPoint } from './body-options.ts'
import { createHeldEffects } from './held-effects.ts'
import type { HeldEffect } from './observation.ts'
import { createRuns } from './runs.ts'
import type { Task } from './scheduler.ts'

/** One process from its start to its crash: it feeds the mind and carries out what the mind asks for. */
export interface Life {
  readonly mind: Peer
  handle(event: Event): void
  receive(frame: Uint8Array, source: Source): void
  serve(to: PeerId, digest: Digest): Uint8Array | undefined
  end(): void
}

/** `isCut` ends this life at the point where it answers true. */
export function createLife(options: BodyOptions, mind: Peer, isCut: (point: PowerPoint) => boolean): Life {
  const { self, scheduler, clock, random, disk, blobs, network, observe } = options
  const timers = new Map<string, Task>()
  const streamsFreeAt = new Map<string, number>()
  let ended = false

  const later = (delayMs: number, action: () => void) =>
    scheduler.after(delayMs, () => {
      if (!ended) action()
    })

  const handle = (event: Event): void => {
    if (ended) return
    observe({ type: 'event', peer: self, event })
    let effects: readonly Effect[]
    try {
      effects = mind.handle(event, clock.now())
    } catch (error) {
      // A throw is a broken invariant and must stop the process; the world reports it.
      end()
      observe({ type: 'threw', peer: self, error })
      return
    }
    for (const effect of effects) if (!ended) take(effect)
    if (!ended) observe({ type: 'handled', peer: self, view: mind.view })
  }

  const { runner, faults } = options
  const runs = createRuns({ scheduler, random, runner, blobs, faults, handle })

  const take = (effect: Effect): void => {
    observe({ type: 'effect', peer: self, effect })
    switch (effect.type) {
      case 'persist':
        if (isCut('before-write')) break
        disk.write(effect.position, effect.writes)
        isCut('after-write')
        break
      case 'timer':
        startTimer(effect.id, effect.delayMs)
        break
      case 'cancel-timer':
        timers.get(effect.id)?.cancel()
        timers.delete(effect.id)
        break
      case 'to-self':
        // A step of its own: a crash may come before it, and others' messages, too.
        later(0, () => handle({ type: 'message', message: effect.message }))
        break
      default:
        held.hold(effect)
    }
  }

  const startTimer = (id: string, delayMs: number): void => {
    timers.get(id)?.cancel()
    const task = later(delayMs, () => {
      timers.delete(id)
      handle({ type: 'timer', id })
    })
    timers.set(id, task)
  }

  const release = (effect: HeldEffect): void => {
    observe({ type: 'left', peer: self, effect })
    switch (effect.type) {
      case 'send':
        network.send(self, effect.to, effect.channel, effect.frame)
        isCut('after-send')
        return undefined
      case 'publish':
        return network.publish(self, effect.topic, effect.frame)
      case 'respond':
        return options.respond(effect.command, effect.result)
      case 'epoch-result':
        return options.respondEpoch(effect.command, effect.result)
      case 'run':
        return runs.start(effect.order)
      case 'stop-run':
        return runs.stop(effect.job)
      // Nobody is shown answers as they come.
      case 'release':
        return
      case 'compute':
        return compute(effect)
      case 'fetch':
        return fetch(effect)
      case 'load':
        return load(effect)
      case 'roster':
      case 'notify':
        return undefined
    }
  }

  const compute = ({ token, answers, comparator }: Extract<HeldEffect, { type: 'compute' }>): void => {
    later(random.between(options.faults().computeMs), () => {
      let verdict: Verdict | null = null
      const bodies = answers.flatMap(({ answer, ...rest }) => {
        const body = blobs.get(answer.digest)
        return body === undefined ? [] : [{ ...rest, text: new TextDecoder().decode(body) }]
      })
      if (bodies.length === answers.length) verdict = options.judge.judge(bodies, comparator)
      handle({ type: 'computed', token, verdict })
    })
  }

  const fetch = ({ token, job, blob, from, care }: Extract<HeldEffect, { type: 'fetch' }>): void => {
    const done = (body: Uint8Array | undefined) =>
      later(0, () => {
        if (body !== undefined) blobs.put(body, { durable: care !== 'plain' })
        handle({ type: 'fetched', token, blob, ok: body !== undefined })
      })
    const own = disk.get(keys.body(blob.digest, job)) && blobs.get(blob.digest)
    if (own === undefined) fetchBlob({ self, blob, from }, network, options.serverOf, done)
    else done(own)
  }

  const load = ({ keys, purpose }: Extract<HeldEffect, { type: 'load' }>): void => {
    later(random.between(options.faults().loadMs), () => {
      handle({ type: 'loaded', values: keys.map((key) => disk.get(key)), purpose })
    })
  }

  /** The production path: inspect, verify every signature, mint, handle. */
  const receive = (frame: Uint8Array, source: Source): void => {
    const drop = (code: string) => observe({ type: 'dropped', peer: self, code })
    const inspection = mind.inspect(frame, source)
    if (!inspection.ok) {
      drop(inspection.code)
      return
    }
    const { candidate } = inspection
    const stream = `${source.from} ${source.via}`
    const at = Math.max(
      scheduler.now + random.between(options.faults().verifyMs),
      streamsFreeAt.get(stream) ?? 0,
    )
    streamsFreeAt.set(stream, at)
    later(at - scheduler.now, () => {
      const message = mintVerified(candidate, candidate.checks.map(options.verify))
      if (message === undefined) drop('bad_signature')
      else handle({ type: 'message', message })
    })
  }

  const end = (): void => {
    ended = true
    runs.end()
  }

  const held = createHeldEffects((effect) => void (ended || release(effect)))
  disk.onSynced((position) => {
    if (ended) return
    observe({ type: 'synced', peer: self, position })
    if (!isCut('after-sync')) held.synced(position)
  })

  return {
    mind,
    handle,
    receive,
    serve: (to, digest) => (maySee(disk, mind.view, to, digest) ? blobs.get(digest) : undefined),
    end,
  }
}
