import { describe, expect, it } from 'vitest'
import { blobRefOf, type Digest, type JobId, type PeerId } from '../../protocol/ids.ts'
import type { Effect } from '../../protocol/peer/effect.ts'
import type { Event } from '../../protocol/peer/event.ts'
import type { Peer } from '../../protocol/peer/options.ts'
import { MindHost } from './mind-host.ts'
import type { HostPorts, Wire } from './ports.ts'
import { bodyOf } from './text.ts'

const SELF = 'self' as PeerId
const OTHER = 'other' as PeerId
const JOB = 'aa'.repeat(32) as JobId
const START = { boot: 1, addresses: [], version: 'test' }

/** A host around a mind that answers each event with the effects given for its type. */
function build(
  answers: Partial<Record<Event['type'], readonly Effect[] | 'throw'>>,
  ports: Partial<HostPorts> = {},
  inspected: (frame: Uint8Array) => void = () => undefined,
) {
  const events: Event[] = []
  const sent: Uint8Array[] = []
  const failures: unknown[] = []
  const bodies = new Map<Digest, Uint8Array>()
  const actions: (() => void)[] = []
  const waiting = new Set<() => void>()
  const handle = (event: Event): readonly Effect[] => {
    events.push(event)
    queueMicrotask(() => waiting.forEach((check) => check()))
    const answer = answers[event.type] ?? []
    if (answer === 'throw') throw new Error('a broken invariant')
    return answer
  }
  // Only these parts of a peer are used by what the tests do.
  const inspect = (frame: Uint8Array) => {
    inspected(frame)
    return { ok: false, code: 'malformed' } as const
  }
  const peer = { handle, inspect, view: { self: SELF } } as unknown as Peer
  const wire: Wire = {
    send: (_to, _channel, frame) => sent.push(frame),
    publish: () => undefined,
    membershipChanged: () => undefined,
    fetchBlob: () => Promise.reject(new Error('nobody is there')),
    findProviders: () => Promise.resolve([]),
    readTokens: () => {
      throw new Error('nobody is there')
    },
  }
  const host = new MindHost(peer, {
    bodies: {
      put: (body) => {
        const ref = blobRefOf(body)
        bodies.set(ref.digest, body)
        return Promise.resolve(ref)
      },
      get: (digest) => Promise.resolve(bodies.get(digest)),
    },
    log: {
      append: () => undefined,
      eased: () => undefined,
      whenSynced: (after, action) => (after === 0 ? action() : actions.push(action)),
    },
    records: { getMany: (keys) => Promise.resolve(keys.map(() => undefined)) },
    engine: { run: () => new Promise(() => undefined), cancel: () => true },
    judge: { judge: () => Promise.reject(new Error('the worker died')) },
    verifier: { verify: (checks) => Promise.resolve(checks.map(() => true)) },
    now: () => 1,
    onFailure: (error) => failures.push(error),
    ...ports,
  })
  const until = (type: Event['type']): Promise<Event> => {
    const { promise, resolve } = Promise.withResolvers<Event>()
    const check = (): void => {
      const found = events.find((event) => event.type === type)
      if (found !== undefined) resolve(found)
    }
    waiting.add(check)
    check()
    return promise
  }
  const sync = (): void => actions.splice(0).forEach((action) => action())
  return { host, wire, events, sent, failures, bodies, until, sync }
}

describe('MindHost', () => {
  it('lets nothing leave before its log position is synced', () => {
    const frame = Uint8Array.of(1)
    const { host, wire, sent, sync } = build({
      start: [
        { type: 'persist', position: 1, writes: [] },
        { type: 'send', to: OTHER, channel: 'sync', frame, after: 1 },
      ],
    })
    host.start(wire, START)
    expect(sent).toEqual([])
    sync()
    expect(sent).toEqual([frame])
  })

  it('lets nothing leave after it was closed', () => {
    const { host, wire, sent, sync } = build({
      start: [{ type: 'send', to: OTHER, channel: 'sync', frame: Uint8Array.of(1), after: 1 }],
    })
    host.start(wire, START)
    host.close()
    sync()
    expect(sent).toEqual([])
  })

  it('hands connections that come early to the mind after the start', async () => {
    const { host, wire, events, until } = build({})
    host.connection('connected', OTHER)
    expect(events).toEqual([])
    host.start(wire, START)
    await until('connected')
    expect(events.map(({ type }) => type)).toEqual(['start', 'connected'])
  })

  it('holds frames from elsewhere back while much waits for the disk, and refuses those beyond', async () => {
    const { promise: eased, resolve } = Promise.withResolvers<void>()
    const inspected: unknown[] = []
    const log = { append: () => undefined, whenSynced: () => undefined, eased: () => eased }
    const { host, wire } = build({}, { log }, (frame) => inspected.push(frame))
    host.start(wire, START)
    const judge = () => host.judge(Uint8Array.of(1), { from: OTHER, via: 'jobs' }, 'http')
    const waiting = Array.from({ length: 256 }, judge)
    expect(await judge()).toEqual({ verdict: 'ignore', code: 'busy' })
    expect(inspected).toEqual([])
    resolve()
    const rulings = await Promise.all(waiting)
    expect(new Set(rulings.map(({ code }) => code))).toEqual(new Set(['malformed']))
    expect(inspected).toHaveLength(256)
    expect(await judge()).toMatchObject({ code: 'malformed' })
  })

  it('answers a command with what the mind responds', async () => {
    const result = { ok: false, code: 'not_a_minter', detail: '' } as const
    const { host, wire } = build({ command: [{ type: 'respond', command: 1, result, after: 0 }] })
    host.start(wire, START)
    expect(await host.command({ type: 'mint', to: OTHER, amount: 1n, memo: '' })).toBe(result)
  })

  it('answers what concerns epochs like other commands, and when it is closed, too', async () => {
    const result = { ok: true, type: 'accepted' } as const
    const { host, wire } = build({
      'epoch-command': [{ type: 'epoch-result', command: 1, result, after: 0 }],
    })
    host.start(wire, START)
    expect(await host.changeEpoch({ type: 'accept-epoch', number: 1 })).toBe(result)
    const waiting = host.changeEpoch({ type: 'accept-epoch', number: 1 })
    host.close()
    expect(await waiting).toMatchObject({ ok: false, code: 'queue_full' })
    expect(await host.changeEpoch({ type: 'accept-epoch', number: 1 })).toMatchObject({ code: 'queue_full' })
  })

  it('refuses commands and answers those that wait when it is closed', async () => {
    const { host, wire } = build({})
    host.start(wire, START)
    const waiting = host.command({ type: 'mint', to: OTHER, amount: 1n, memo: '' })
    host.close()
    expect(await waiting).toMatchObject({ ok: false, code: 'queue_full' })
    expect(await host.command({ type: 'mint', to: OTHER, amount: 1n, memo: '' })).toMatchObject({ ok: false })
  })

  it.each([
    [{ ok: true, type: 'job', job: JOB }, 'outcome_unknown'],
    [{ ok: false, code: 'not_a_minter', detail: '' }, 'not_a_minter'],
  ] as const)('says of an answer that waits for the log when it is closed: %j', async (result, code) => {
    const { host, wire, sync } = build({ command: [{ type: 'respond', command: 1, result, after: 1 }] })
    host.start(wire, START)
    const waiting = host.command({ type: 'mint', to: OTHER, amount: 1n, memo: '' })
    host.close()
    sync()
    expect(await waiting).toMatchObject({ ok: false, code })
  })

  it('reports a throw of the mind once and handles nothing more', () => {
    const { host, wire, events, failures } = build({ start: 'throw' })
    host.start(wire, START)
    host.capabilities({ offers: [], vramTotalMb: 0, slots: 1 })
    expect(failures).toEqual([new Error('a broken invariant')])
    expect(events.map(({ type }) => type)).toEqual(['start'])
  })

  it('tells a fetch that nobody can serve, and one whose body is here', async () => {
    const body = bodyOf('a prompt')
    const blob = blobRefOf(body)
    const fetch: Effect = {
      type: 'fetch',
      token: 't',
      job: JOB,
      blob,
      from: [SELF, OTHER],
      care: 'plain',
      after: 0,
    }
    const without = build({ start: [fetch] })
    without.host.start(without.wire, START)
    expect(await without.until('fetched')).toMatchObject({ token: 't', ok: false })
    const records = {
      getMany: (names: readonly string[]) => Promise.resolve(names.map(() => new Uint8Array(1))),
    }
    const having = build({ start: [fetch] }, { records })
    having.bodies.set(blob.digest, body)
    having.host.start(having.wire, START)
    expect(await having.until('fetched')).toMatchObject({ token: 't', ok: true })
  })

  it('runs a prompt that it holds and stores the answer', async () => {
    const prompt = blobRefOf(bodyOf('a prompt'))
    const sampling = { temperatureMilli: 500, seed: 7, maxTokens: 9 }
    const order = { job: JOB, step: 0, slot: 1, prompt, model: 'reference', sampling }
    const { host, wire, bodies, until } = build(
      { start: [{ type: 'run', order, after: 0 }] },
      {
        engine: {
          run: (task) =>
            Promise.resolve({
              ok: true,
              text: `${task.prompt} at ${task.temperature}`,
              tokens: 3,
              durationMs: 1.4,
            }),
          cancel: () => true,
        },
      },
    )
    bodies.set(prompt.digest, bodyOf('a prompt'))
    host.start(wire, START)
    const answer = blobRefOf(bodyOf('a prompt at 0.5'))
    expect(await until('finished')).toMatchObject({
      slot: 1,
      outcome: { ok: true, answer, tokens: 3, durationMs: 1 },
    })
    expect(bodies.has(answer.digest)).toBe(true)
  })

  it('tells loads in the order in which they were asked for, whichever the store answers first', async () => {
    const found = new Map<string, (values: undefined[]) => void>()
    const load = (key: string): Effect => ({
      type: 'load',
      keys: [key],
      purpose: { type: 'evidence', to: OTHER, entry: key as Digest },
      after: 0,
    })
    const { host, wire, events, until } = build(
      { start: [load('first'), load('second')] },
      { records: { getMany: ([key = '']) => new Promise((resolve) => found.set(key, resolve)) } },
    )
    host.start(wire, START)
    found.get('second')?.([undefined])
    await new Promise((resolve) => setImmediate(resolve))
    expect(events.map(({ type }) => type)).toEqual(['start'])
    found.get('first')?.([undefined])
    await until('loaded')
    await new Promise((resolve) => setImmediate(resolve))
    const told = events.flatMap((event) => (event.type === 'loaded' ? [event.purpose] : []))
    expect(told.map((purpose) => (purpose.type === 'evidence' ? purpose.entry : ''))).toEqual([
      'first',
      'second',
    ])
  })

  it('tells a failed comparison as no verdict', async () => {
    const answers = [{ slot: 0, voter: 'a', trust: 1, answer: blobRefOf(bodyOf('gone')) }]
    const { host, wire, until } = build({
      start: [{ type: 'compute', token: 'v', answers, comparator: 'auto', after: 0 }],
    })
    host.start(wire, START)
    expect(await until('computed')).toEqual({ type: 'computed', token: 'v', verdict: null })
  })
})
