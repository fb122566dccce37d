/**
 * Runs every check and says which failed:
 *   npm run check
 *   npm run check -- lint imports
 */
import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { ROOT } from './repository.ts'

interface Part {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
}

const part = (name: string, command: string, ...args: string[]): Part => ({ name, command, args })

const PARTS: readonly Part[] = [
  part('format', 'biome', 'format', '--reporter=summary', '.'),
  part('lint', 'oxlint', '--type-aware', '--deny-warnings', '--format=unix'),
  part('types', 'tsc', '--noEmit'),
  part('types-protocol', 'tsc', '--noEmit', '-p', 'protocol'),
  part('imports', 'node', '.ci/check-imports.ts'),
  part('dead-code', 'knip', '--no-progress'),
  part('files', 'node', '.ci/check-files.ts'),
  part('lock-file', 'npm', 'ci', '--dry-run', '--ignore-scripts', '--offline', '--loglevel=error'),
]

/** What a failing part printed last is what matters; more than this scrolls the verdict away. */
const LINES_SHOWN_MAX = 200

interface Outcome {
  readonly code: number | null
  readonly output: string
}

function run({ command, args }: Part): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk: Buffer): void => {
      output += chunk.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => resolve({ code: null, output: error.message }))
    child.on('close', (code) => resolve({ code, output }))
  })
}

function show({ output, code }: Outcome): void {
  const lines = output.trimEnd().split('\n')
  const shown =
    code === 0 ? lines.filter((line) => line.startsWith('warning: ')) : lines.slice(-LINES_SHOWN_MAX)
  for (const line of shown) process.stdout.write(`    ${line}\n`)
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !PARTS.some((candidate) => candidate.name === name))
if (unknown.length > 0) throw new Error(`no such check: ${unknown.join(', ')}`)
const failed: string[] = []
for (const candidate of PARTS) {
  if (wanted.length > 0 && !wanted.includes(candidate.name)) continue
  const startMs = performance.now()
  const outcome = await run(candidate)
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
  const verdict = outcome.code === 0 ? 'ok    ' : 'FAILED'
  process.stdout.write(`${verdict} ${candidate.name.padEnd(16)}${seconds.padStart(5)} s\n`)
  show(outcome)
  if (outcome.code !== 0) failed.push(candidate.name)
}
if (failed.length > 0) {
  process.stdout.write(`failed: ${failed.join(', ')}\n`)
  process.exitCode = 1
}
