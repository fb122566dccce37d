import { parseArgs } from 'node:util'
import { createPeer } from '../protocol/peer/peer.ts'
import { type Judge, openJudge } from './judge.ts'
import { type JobsReport, runJobs } from './scenarios/jobs.ts'

const USAGE = `Usage: node simulations/main.ts [--seeds 50] [--first 1] [--seed N [--trace]] [--jobs 20] [--harsh] [--json]

  --seeds N    runs that many seeds, beginning with --first (1)
  --seed N     runs this one seed
  --trace      prints every event and effect of --seed
  --jobs N     jobs per seed
  --harsh      crashes peers while jobs are under way, too
  --json       prints one JSON document instead of a table
`

// Signatures by real Ed25519 take most of a run's time; one seed in 25 has them.
const REAL_CRYPTO_EVERY = 25

interface Options {
  readonly seeds: readonly number[]
  readonly jobs: number
  readonly trace: boolean
  readonly harsh: boolean
  readonly json: boolean
}

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '50' },
      first: { type: 'string', default: '1' },
      seed: { type: 'string' },
      jobs: { type: 'string', default: '20' },
      trace: { type: 'boolean', default: false },
      harsh: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const first = wholeNumber('first', values.first)
  const seeds =
    values.seed === undefined
      ? Array.from({ length: wholeNumber('seeds', values.seeds) }, (_, at) => first + at)
      : [wholeNumber('seed', values.seed)]
  const jobs = wholeNumber('jobs', values.jobs)
  return {
    seeds,
    jobs,
    trace: values.trace && values.seed !== undefined,
    harsh: values.harsh,
    json: values.json,
  }
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} takes a whole number, not ${text}`)
  return Number(text)
}

function runSeed(seed: number, judge: Judge, { jobs, trace, harsh }: Options): JobsReport {
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const crypto = seed % REAL_CRYPTO_EVERY === 0 ? 'ed25519' : 'keyed-hash'
  return runJobs({ seed, jobs, harsh, crypto, judge, createMind: createPeer, ...(trace ? { print } : {}) })
}

function isClean({ violations, stuck }: JobsReport): boolean {
  return violations.length === 0 && stuck === undefined
}

function failureLines(report: JobsReport, { jobs, harsh }: Options): readonly string[] {
  const { seed, violations, stuck, virtualMs } = report
  const found = violations.map(({ checker, atMs, detail }) => `  ${checker} at ${atMs} ms: ${detail}`)
  const waited = stuck === undefined ? [] : [`  ${stuck} (at ${virtualMs} ms)`]
  return [
    `seed ${seed} failed; replay: node simulations/main.ts --seed ${seed} --jobs ${jobs}${harsh ? ' --harsh' : ''} --trace`,
    ...found,
    ...waited,
  ]
}

function total(reports: readonly JobsReport[], figure: (report: JobsReport) => number): number {
  return reports.reduce((sum, report) => sum + figure(report), 0)
}

function summary(reports: readonly JobsReport[], elapsedMs: number): string {
  const rows: readonly (readonly [string, string | number])[] = [
    ['seeds', reports.length],
    ['failed seeds', reports.filter((report) => !isClean(report)).length],
    ['violations', total(reports, ({ violations }) => violations.length)],
    ['peers', total(reports, ({ peers }) => peers)],
    ['crashes', total(reports, ({ crashes }) => crashes)],
    ['jobs completed', total(reports, ({ ends }) => ends.completed)],
    ['jobs unresolved', total(reports, ({ ends }) => ends.unresolved)],
    ['jobs void', total(reports, ({ ends }) => ends.void)],
    ['slowest job, s', Math.max(...reports.map(({ slowestJob }) => slowestJob.virtualMs)) / 1_000],
    ['virtual hours', (total(reports, ({ virtualMs }) => virtualMs) / 3_600_000).toFixed(1)],
    ['steps', total(reports, ({ steps }) => steps)],
    ['real seconds', (elapsedMs / 1_000).toFixed(1)],
  ]
  return rows.map(([name, value]) => `${name.padEnd(16)} ${String(value).padStart(10)}\n`).join('')
}

function main(options: Options): void {
  const judge = openJudge()
  const startedAt = performance.now()
  const reports: JobsReport[] = []
  for (const seed of options.seeds) {
    if (process.stderr.isTTY) process.stderr.write(`\rseed ${reports.length + 1} of ${options.seeds.length} `)
    const report = runSeed(seed, judge, options)
    reports.push(report)
    if (!isClean(report)) process.stderr.write(`\r${failureLines(report, options).join('\n')}\n`)
  }
  if (process.stderr.isTTY) process.stderr.write('\r')
  const elapsedMs = performance.now() - startedAt
  process.stdout.write(
    options.json ? `${JSON.stringify(reports, undefined, 2)}\n` : summary(reports, elapsedMs),
  )
  process.exitCode = reports.every(isClean) ? 0 : 1
}

const options = parsed(process.argv.slice(2))
if (options === undefined) process.exitCode = 2
else main(options)

function parsed(args: readonly string[]): Options | undefined {
  try {
    return readOptions(args)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
    return undefined
  }
}
