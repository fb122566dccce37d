import { parseArgs } from 'node:util'
import { EXPLORED_MUTANTS, MODEL_NAMES } from './explorer/model-names.ts'
import { runOrder } from './explorer/run-order.ts'
import type { Exploration } from './explorer/search.ts'
import { mutantNamed } from './prover/mutants.ts'
import { wholeNumber } from './prover/options.ts'
import { table } from './prover/table.ts'

const USAGE = `Usage: npm run sim:explore -- [--depth N] [--model NAME] [--mutants | --mutant NAME] [--json]

  --depth N       steps; by default each model's own
  --model NAME    only this one of ${MODEL_NAMES.join(', ')}
  --mutants       explores under each mutant until something is found, and prints the kill table
  --mutant NAME   the same for this one
  --json          prints one JSON document instead of tables
`

interface Options {
  readonly depth: number | undefined
  readonly models: readonly string[]
  readonly mutants: readonly string[] | undefined
  readonly json: boolean
}

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      depth: { type: 'string' },
      model: { type: 'string' },
      mutants: { type: 'boolean', default: false },
      mutant: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const all = values.mutants ? EXPLORED_MUTANTS : undefined
  const known = MODEL_NAMES.find((name) => name === values.model)
  if (values.model !== undefined && known === undefined)
    throw new RangeError(`there is no model ${values.model}`)
  return {
    depth: values.depth === undefined ? undefined : wholeNumber('depth', values.depth),
    models: known === undefined ? MODEL_NAMES : [known],
    mutants: values.mutant === undefined ? all : [mutantNamed(values.mutant).name],
    json: values.json,
  }
}

/** Stops early, keeping what is there, when the first Ctrl-C comes; the second one ends the process. */
async function each<T>(
  items: readonly T[],
  act: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  for (const item of items) {
    try {
      await act(item, stop.signal)
    } catch (error) {
      if (!stop.signal.aborted) throw error
      return
    }
  }
}

async function explore({ models, depth, json }: Options): Promise<boolean> {
  const done: Exploration[] = []
  await each(models, async (model, signal) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${model}`)
    done.push(await runOrder({ model, depth, mutant: null }, signal))
  })
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  process.stdout.write(json ? `${JSON.stringify(done, undefined, 2)}\n` : explorationTable(done))
  for (const { found } of done)
    if (found !== undefined) process.stderr.write(`${found.checker}: ${found.detail}\n${pathOf(found.path)}`)
  return done.length === models.length && done.every(({ found }) => found === undefined)
}

function explorationTable(done: readonly Exploration[]): string {
  const rows = done.map(({ model, depth, states, transitions, nodeStates, elapsedMs, ...rest }) => [
    model,
    depth,
    states,
    transitions,
    nodeStates,
    (elapsedMs / 1_000).toFixed(1),
    rest.isComplete ? 'everything' : rest.isFull ? 'out of memory for more' : 'to this depth',
    rest.found?.checker ?? '0 violations',
  ])
  const head = ['model', 'depth', 'states', 'transitions', 'node states', 'seconds', 'explored', 'found']
  return table([head, ...rows])
}

function pathOf(path: readonly string[]): string {
  return path.map((step, at) => `  ${at + 1}. ${step}\n`).join('')
}

interface Kill {
  readonly mutant: string
  readonly model: string | undefined
  readonly checker: string | undefined
  readonly states: number
  readonly path: readonly string[]
}

async function kill({ models, depth, json }: Options, mutants: readonly string[]): Promise<boolean> {
  const kills: Kill[] = []
  await each(mutants, async (mutant, signal) => {
    let states = 0
    for (const model of models) {
      const result = await runOrder({ model, depth, mutant }, signal)
      states += result.states
      if (result.found === undefined) continue
      const { checker, path } = result.found
      kills.push({ mutant, model: result.model, checker, states, path })
      return
    }
    kills.push({ mutant, model: undefined, checker: undefined, states, path: [] })
  })
  process.stdout.write(json ? `${JSON.stringify(kills, undefined, 2)}\n` : killTable(kills))
  return kills.length === mutants.length && kills.every(({ checker }) => checker !== undefined)
}

function killTable(kills: readonly Kill[]): string {
  const rows = kills.map(({ mutant, model, checker, states, path }) => [
    mutant,
    checker ?? 'NOT FOUND',
    model ?? '',
    path.length,
    states,
  ])
  return table([['mutant', 'found by', 'in', 'after steps', 'states seen'], ...rows])
}

try {
  const options = readOptions(process.argv.slice(2))
  process.exitCode = (await (options.mutants === undefined
    ? explore(options)
    : kill(options, options.mutants)))
    ? 0
    : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  process.exitCode = 2
}
