import { expect, it } from 'vitest'
import { keepRunning, type Running } from './keep-running.ts'

const HOUR_MS = 3_600_000

/** A process in which each start is a peer that can be told what befalls it. */
function host() {
  const asked = Promise.withResolvers<unknown>()
  const said: string[] = []
  const starts: boolean[] = []
  let nowMs = 0
  let up = 0
  let fate = Promise.withResolvers<'astray' | 'broken' | 'shutdown'>()
  let started = Promise.withResolvers<void>()
  const never = new Promise<never>(() => undefined)
  const ended = keepRunning<Running>({
    asked: asked.promise,
    warn: (sentence) => void said.push(sentence),
    now: () => nowMs,
    start(isFirst) {
      starts.push(isFirst)
      up += 1
      fate = Promise.withResolvers()
      const when = <T>(one: string, value: T) =>
        fate.promise.then((befell): T | Promise<never> => (befell === one ? value : never))
      started.resolve()
      return Promise.resolve({
        astray: when('astray', undefined),
        broken: when('broken', new Error('the disk is full')),
        exitAsked: when('shutdown', 'shutdown' as const),
        stop() {
          up -= 1
          return Promise.resolve()
        },
      })
    },
  })
  return {
    ended,
    said,
    starts,
    ask: () => asked.resolve(undefined),
    running: () => up,
    befalls: (what: 'astray' | 'broken' | 'shutdown') => fate.resolve(what),
    /** The peer goes astray and is up again. */
    async astray(): Promise<void> {
      started = Promise.withResolvers()
      fate.resolve('astray')
      await started.promise
    },
    pass(ms: number) {
      nowMs += ms
    },
  }
}

it('a peer that has gone astray is stopped and started again, and nobody has to be there', async () => {
  const peer = host()
  await peer.astray()
  expect([peer.starts, peer.running()]).toEqual([[true, false], 1])
  expect(peer.said).toEqual([expect.stringContaining('started again')])
  peer.ask()
  expect([await peer.ended, peer.running()]).toEqual([undefined, 0])
})

it('within an hour it isn’t done again, but said; it goes on until it is asked to end', async () => {
  const peer = host()
  await peer.astray()
  peer.pass(HOUR_MS - 1)
  peer.befalls('astray')
  peer.ask()
  expect(await peer.ended).toBeUndefined()
  expect([peer.starts.length, peer.running()]).toEqual([2, 0])
  expect(peer.said[1]).toContain('second time within an hour')
})

it('after an hour it is done again', async () => {
  const peer = host()
  await peer.astray()
  peer.pass(HOUR_MS)
  await peer.astray()
  expect(peer.starts).toEqual([true, false, false])
  peer.befalls('shutdown')
  expect(await peer.ended).toBeUndefined()
})

it('one that breaks is not stopped: the process must end', async () => {
  const peer = host()
  peer.befalls('broken')
  expect(await peer.ended).toEqual({ error: new Error('the disk is full') })
  expect(peer.running()).toBe(1)
})
