import { describe, expect, it } from 'vitest'
import type { PeerId } from '../protocol/ids.ts'
import { createCrypto } from './crypto.ts'
import { CALM, type LinkFaults } from './faults.ts'
import { createNetwork } from './network.ts'
import { createRandom } from './random.ts'
import { createScheduler } from './scheduler.ts'

const crypto = createCrypto('keyed-hash')
const ids = ['a', 'b', 'c'].map((name) => crypto.signer(createRandom(name)).id)

function setup(faults: Partial<LinkFaults> = {}) {
  const scheduler = createScheduler()
  const network = createNetwork({
    scheduler,
    random: createRandom('net'),
    faults: { ...CALM.link, ...faults },
  })
  const heard = new Map<PeerId, string[]>()
  for (const id of ids) {
    const lines: string[] = []
    heard.set(id, lines)
    network.attach(id, {
      connected: (peer) => lines.push(`+${ids.indexOf(peer)}`),
      disconnected: (peer) => lines.push(`-${ids.indexOf(peer)}`),
      receive: (frame, { from, via }) => lines.push(`${ids.indexOf(from)} ${via} ${frame[0]}`),
    })
  }
  const run = () => {
    while (scheduler.step());
  }
  const [a, b, c] = ids
  if (a === undefined || b === undefined || c === undefined) throw new Error('three peers')
  return { network, run, a, b, c, lines: (id: PeerId) => heard.get(id) ?? [] }
}

const numbers = (lines: readonly string[]) =>
  lines.filter((line) => /^\d/.test(line)).map((line) => Number(line.split(' ')[2]))

describe('network', () => {
  it('tells both sides of a connection and carries frames in order, however much links jitter', () => {
    const { network, run, a, b, lines } = setup({ jitterMs: 50 })
    network.connect(a, b)
    run()
    for (let at = 0; at < 100; at += 1) network.send(a, b, 'job', Uint8Array.of(at))
    run()
    expect(lines(a)).toEqual(['+1'])
    expect(numbers(lines(b))).toEqual(Array.from({ length: 100 }, (_, at) => at))
  })

  it('loses, doubles and reorders frames only as the faults say', () => {
    const { network, run, a, b, lines } = setup({
      lossPpm: 200_000,
      duplicatePpm: 200_000,
      reorderPpm: 300_000,
      reorderMs: 50,
    })
    network.connect(a, b)
    run()
    for (let at = 0; at < 200; at += 1) network.send(a, b, 'job', Uint8Array.of(at))
    run()
    const arrived = numbers(lines(b))
    expect(new Set(arrived).size).toBeLessThan(200)
    expect(arrived.length).toBeGreaterThan(new Set(arrived).size)
    expect(arrived).not.toEqual([...arrived].sort((x, y) => x - y))
  })

  it('floods a topic to the connected only', () => {
    const { network, run, a, b, c, lines } = setup()
    network.connect(a, b)
    run()
    network.publish(a, 'ledger', Uint8Array.of(7))
    run()
    expect(lines(b)).toEqual(['+0', '0 ledger 7'])
    expect(lines(c)).toEqual([])
  })

  it('carries nothing across the end of a connection into the next one', () => {
    const { network, run, a, b, lines } = setup({ reorderPpm: 1_000_000, reorderMs: 1_000 })
    network.connect(a, b)
    run()
    for (let at = 0; at < 50; at += 1) network.send(a, b, 'job', Uint8Array.of(at))
    network.leave(a)
    network.connect(a, b)
    run()
    network.send(a, b, 'job', Uint8Array.of(99))
    run()
    const afterwards = lines(b).slice(lines(b).lastIndexOf('+0') + 1)
    expect(lines(b)).toContain('-0')
    expect(lines(a)).toEqual(['+1', '+1'])
    expect(afterwards).toEqual(['0 job 99'])
  })
})
