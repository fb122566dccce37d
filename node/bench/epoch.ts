import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OrderRequest } from '../../protocol/api/epoch-schema.ts'
import type { DrivenProcess } from '../e2e/driven-process.ts'
import { type ChangeTimes, type PaidUnderChange, payUnderChange } from '../e2e/paid-under-change.ts'
import { percentile } from './percentiles.ts'

const PER_SECOND = 50
const CALM_MS = 3_000
/** A gap belongs to a change if it begins or ends so near to it. */
const AROUND_MS = 1_000

/** Of five members, in turn; the last one leaves all as it was before the first. */
const CHANGES: readonly (readonly [what: string, order: OrderRequest])[] = [
  ['add ember', { add: ['ember'] }],
  ['remove dune', { remove: ['dune'] }],
  ['dune for ember', { add: ['dune'], remove: ['ember'] }],
  ['another fee', { fee: '0.01' }],
  ['ember for birch', { add: ['ember'], remove: ['birch'] }],
  ['add birch', { add: ['birch'] }],
  ['remove ember', { remove: ['ember'] }],
  ['no fee', { fee: '0' }],
]

/** `npm run bench -- epoch`: what members that pay each other notice of changes of epoch. */
export async function benchEpoch(seconds: number, print: (line: string) => void): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-epoch-'))
  const count = Math.max(1, Math.round((1_000 * seconds) / CALM_MS) - 1)
  const changes = Array.from({ length: count }, (_, at) => CHANGES[at % CHANGES.length]).filter(
    (each) => each !== undefined,
  )
  let running: readonly DrivenProcess[] = []
  try {
    const started = (peers: readonly DrivenProcess[]): void => {
      running = peers
    }
    const paid = await payUnderChange(root, { perSecond: PER_SECOND, calmMs: CALM_MS, changes, started })
    for (const line of linesOf(paid)) print(line)
  } finally {
    await Promise.all(running.map((peer) => peer.stop('SIGKILL')))
    await rm(root, { recursive: true, force: true })
  }
}

interface Gap {
  readonly fromMs: number
  readonly ms: number
}

function gapsOf(certifiedMs: readonly number[]): readonly Gap[] {
  return certifiedMs.slice(1).map((at, before) => {
    const fromMs = certifiedMs[before] ?? at
    return { fromMs, ms: at - fromMs }
  })
}

function isAround({ orderedMs, begunMs }: ChangeTimes, { fromMs, ms }: Gap): boolean {
  return fromMs + ms >= orderedMs && fromMs <= begunMs + AROUND_MS
}

function linesOf(paid: PaidUnderChange): readonly string[] {
  const { changes, payments, lost, doubled, looks, epochs } = paid
  const gaps = payments.map(({ certifiedMs }) => gapsOf(certifiedMs))
  const longest = changes.map((change) =>
    gaps.map((own) => Math.max(0, ...own.filter((gap) => isAround(change, gap)).map(({ ms }) => ms))),
  )
  const calm = gaps.flatMap((own) => own.filter((gap) => !changes.some((one) => isAround(one, gap))))
  const count = (of: 'acknowledged' | 'refused') => payments.reduce((sum, one) => sum + one[of].length, 0)
  const isOne = new Set(looks.map(({ root }) => root)).size === 1
  return [
    ...changes.map((change, at) => changeLine(change, longest[at] ?? [])),
    `transfers    ${count('acknowledged')} acknowledged and certified, ${count('refused')} refused`,
    `lost         ${lost}, doubled ${doubled}   (bar: 0 and 0)`,
    `pause        ${shares(longest.flat())}   (bar: p95 < 1000 ms; the longest of each owner at each change)`,
    `without one  ${shares(calm.map(({ ms }) => ms))} between two steps of an owner's chain`,
    `roots        ${isOne ? 'equal' : 'DIFFERENT'} in epoch ${[...new Set(epochs)].join(', ')}`,
    `credits      ${looks.every(conserves) ? 'conserved' : 'NOT CONSERVED'}`,
  ]
}

function changeLine({ what, witnesses, orderedMs, begunMs }: ChangeTimes, pauses: readonly number[]): string {
  const begun = `${witnesses} witnesses, begun ${begunMs - orderedMs} ms after the order`
  return `  ${what.padEnd(16)} ${begun}; longest pause of an owner ${Math.max(...pauses)} ms`
}

function shares(samples: readonly number[]): string {
  const [half, most, all] = [0.5, 0.95, 1].map((share) => percentile(samples, share).toFixed(0))
  return `p50 ${half} ms, p95 ${most} ms, longest ${all} ms`
}

function conserves({ supply }: PaidUnderChange['looks'][number]): boolean {
  const { minted, free, unclaimed, escrowed, burnt } = supply
  return free + unclaimed + escrowed + burnt === minted
}
