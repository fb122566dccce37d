import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { poll } from '../swarm/poll.ts'
import { codeOf, untilSaid } from './command.ts'
import { createMachines, type Machines } from './namespaces.ts'
import { requireComponent, requireRoot } from './require-component.ts'

const README = new URL('../../README.md', import.meta.url)
const PROGRAM = fileURLToPath(new URL('../packaging/hyperlooms.cjs', import.meta.url))
/** As the bar has it; how long they take is in the test's log. */
const COMMANDS_MAX = 6

interface Step {
  readonly args: readonly string[]
  readonly machine: number
}

/** The commands of the README's operator, as they stand there, each with the number of its machine. */
async function readSteps(): Promise<readonly Step[]> {
  const readme = await readFile(README, 'utf8')
  const block = /### Operate a swarm[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  return block
    .trim()
    .split('\n')
    .map((line) => {
      const [, command = '', machine = ''] = /^npx hyperlooms (.*?)\s+# (\d)/.exec(line) ?? []
      const args = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
      return { args, machine: Number(machine) }
    })
}

let root: string
let machines: Machines | undefined
let running: ChildProcess[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-walk-'))
  running = []
})
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL')
  await machines?.remove()
  await rm(root, { recursive: true, force: true })
})

/** As somebody at that machine types it, with a home of its own and without a page to build. */
function type({ args, machine }: Step): ChildProcess {
  const place = machines?.places[machine - 1]
  if (place === undefined) throw new RangeError(`there is no machine ${machine}`)
  const [command, ...rest] = [...place.prefix, process.execPath, PROGRAM, ...args]
  const env = {
    PATH: process.env['PATH'],
    HOME: join(root, String(machine)),
    HYPERLOOMS_ACCEPT_TERMS: 'true',
    HYPERLOOMS_WEB: 'false',
    HYPERLOOMS_PROVIDERS: 'reference',
  }
  const child = spawn(command ?? '', rest, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  return child
}

/** What a command prints. One that is refused is typed again: a job needs to have heard of all who offer. */
async function said(step: Step): Promise<string> {
  const ended = async (): Promise<string | undefined> => {
    const child = type(step)
    if (child.stdout === null) throw new Error('its output is piped')
    const out = await text(child.stdout)
    return (await codeOf(child)) === 0 ? out : undefined
  }
  const out = await poll(ended, { timeoutMs: 60_000 })
  if (out === undefined) throw new Error(`refused again and again: ${step.args.join(' ')}`)
  return out
}

it('the README leads from nothing to a job across three machines', async (context) => {
  requireRoot(context)
  requireComponent(context, 'ip')
  const steps = await readSteps()
  expect(steps.length).toBeLessThanOrEqual(COMMANDS_MAX)
  expect(new Set(steps.map(({ machine }) => machine))).toEqual(new Set([1, 2, 3]))
  machines = await createMachines(3)
  const startedMs = performance.now()
  let invitation = ''
  let last = ''
  for (const step of steps) {
    const typed = { ...step, args: step.args.map((arg) => (arg === 'hl1...' ? invitation : arg)) }
    if (step.args[0] === 'up') await untilSaid(type(typed), /runs at http/)
    else {
      last = await said(typed)
      if (last.startsWith('hl1')) invitation = last.trim()
    }
  }
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
  process.stdout.write(`${steps.length} commands, ${seconds} s\n`)
  expect(last).toMatch(/status +completed/)
  for (const label of ['barn', 'shed']) expect(last).toContain(label)
})
