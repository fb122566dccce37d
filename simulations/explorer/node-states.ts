import { decodeBody } from '../../protocol/encoding/body.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { certificateCodec } from '../../protocol/ledger/certificate.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { Effect } from '../../protocol/peer/effect.ts'
import type { Write } from '../../protocol/records/record.ts'
import type { Mailroom } from './mailroom.ts'
import type { Actor, Happening, Model, NodeSpec } from './model.ts'

/** Everything a step of one node leads to. */
export interface Step {
  readonly state: number
  /** Numbers of letters that left. */
  readonly left: readonly number[]
}

/** What a node may do: `letter` arrives, or (undefined) its turn comes up. */
export type Cause = number | undefined

/**
 * The states of one node, by number. A state is kept as the records that its life began with and what happened
 * since; it comes to life again by replaying that, so the code needn't be cloned. Steps are remembered: the
 * same step is taken by the code once and looked up ever after.
 */
export interface NodeStates {
  readonly first: Step
  step(state: number, cause: Cause): Step
  /** The same, but the power fails when `kept` of the batches of this step are durable. */
  fail(state: number, cause: Cause, kept: number): Step
  /** How many batches a step writes: `fail` may keep fewer. */
  batches(state: number, cause: Cause): number
  /** A crash between two steps: all is durable, memory is gone. */
  crash(state: number): Step
  /** Certificates on its disk: the entry by its place. */
  certificates(state: number): ReadonlyMap<string, string>
  readonly count: number
}

type Disk = ReadonlyMap<string, Uint8Array>

interface State {
  readonly birth: Disk
  readonly causes: readonly Cause[]
  readonly disk: Disk
  readonly position: number
  readonly said: ReadonlySet<number>
  readonly heard: ReadonlySet<Cause>
}

interface Run {
  readonly batches: readonly { readonly position: number; readonly writes: readonly Write[] }[]
  readonly sends: readonly { readonly letter: number; readonly after: number }[]
}

export function createNodeStates(
  node: NodeSpec,
  { counted, delivered }: Pick<Model, 'counted' | 'delivered'>,
  mail: Mailroom,
): NodeStates {
  const states: State[] = []
  const numbers = new Map<string, number>()
  const runs = new Map<string, Run>()
  const steps = new Map<string, Step>()
  const certificates = new Map<number, ReadonlyMap<string, string>>()

  const intern = (state: State): number => {
    const name = nameOf(state)
    const known = numbers.get(name)
    if (known !== undefined) return known
    numbers.set(name, states.length)
    return states.push(state) - 1
  }

  const at = (number: number): State => {
    const found = states[number]
    if (found === undefined) throw new RangeError(`there is no state ${number}`)
    return found
  }

  const happening = (cause: Cause): Happening =>
    cause === undefined ? { type: 'turn' } : { type: 'message', message: mail.at(cause).message }

  /** An event and the messages to itself that follow from it, as one step. */
  const act = (actor: Actor, first: Happening): Run => {
    const batches: { position: number; writes: readonly Write[] }[] = []
    const sends: { letter: number; after: number }[] = []
    const queue = [first]
    const take = (effect: Effect) => {
      if (effect.type === 'persist') batches.push({ position: effect.position, writes: effect.writes })
      else if (effect.type === 'to-self') queue.push({ type: 'message', message: effect.message })
      else if (effect.type === 'send') {
        const letter = mail.letter({ from: node.id, to: effect.to, frame: effect.frame })
        if (delivered.has(letter.message.kind) || letter.message.kind === 'decision')
          sends.push({ letter: letter.number, after: effect.after })
      }
    }
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      for (const effect of actor.handle(next)) take(effect)
    return { batches, sends }
  }

  const awaken = (birth: Disk): { readonly actor: Actor; readonly run: Run } => {
    const actor = node.create()
    for (const [key, value] of [...birth].sort(([a], [b]) => (a < b ? -1 : 1))) actor.restore({ key, value })
    return { actor, run: act(actor, { type: 'start' }) }
  }

  const runOf = (state: number, cause: Cause): Run => {
    const name = `${state} ${cause}`
    const known = runs.get(name)
    if (known !== undefined) return known
    const { birth, causes } = at(state)
    const { actor } = awaken(birth)
    for (const one of causes) act(actor, happening(one))
    const run = act(actor, happening(cause))
    runs.set(name, run)
    return run
  }

  /** A new life from this disk; its start is synced at once. */
  const born = (birth: Disk, before: readonly number[]): Step => {
    const { run } = awaken(birth)
    const said = run.sends.map(({ letter }) => letter)
    const position = run.batches.at(-1)?.position ?? 0
    const disk = written(birth, run.batches)
    const state = intern({ birth, causes: [], disk, position, said: new Set(said), heard: new Set() })
    return { state, left: [...before, ...said] }
  }

  const remembered = (name: string, make: () => Step): Step => {
    const step = steps.get(name) ?? make()
    steps.set(name, step)
    return step
  }

  return {
    first: born(new Map(), []),
    step: (number, cause) =>
      remembered(`${number} ${cause}`, () => {
        const before = at(number)
        const { batches, sends } = runOf(number, cause)
        const left = sends.map(({ letter }) => letter)
        const isCounted = cause !== undefined && counted.has(mail.at(cause).message.kind)
        const state = intern({
          birth: before.birth,
          causes: [...before.causes, cause],
          disk: written(before.disk, batches),
          position: batches.at(-1)?.position ?? before.position,
          said: new Set([...before.said, ...left]),
          heard: isCounted ? new Set([...before.heard, cause]) : before.heard,
        })
        return { state, left }
      }),
    fail: (number, cause, kept) =>
      remembered(`${number} ${cause} ${kept}`, () => {
        const { disk, position } = at(number)
        const { batches, sends } = runOf(number, cause)
        const durable = batches.slice(0, kept)
        const synced = durable.at(-1)?.position ?? position
        const left = sends.filter(({ after }) => after <= synced).map(({ letter }) => letter)
        return born(written(disk, durable), left)
      }),
    batches: (number, cause) => runOf(number, cause).batches.length,
    crash: (number) => remembered(`${number} crash`, () => born(at(number).disk, [])),
    certificates(number) {
      const known = certificates.get(number) ?? certificatesOn(at(number).disk)
      certificates.set(number, known)
      return known
    },
    get count() {
      return states.length
    },
  }
}

/** Two states with one name behave alike: the code keeps nothing else (see `Model.counted`). */
function nameOf({ disk, said, heard }: State): string {
  const records = [...disk].map(([key, value]) => `${key}=${Buffer.from(value).toString('latin1')}`).sort()
  const numbers = (set: ReadonlySet<Cause>) => [...set].sort((a, b) => (a ?? -1) - (b ?? -1)).join()
  return `${records.join('\n')}\n${numbers(said)}\n${numbers(heard)}`
}

function certificatesOn(disk: Disk): ReadonlyMap<string, string> {
  const found = [...disk].filter(([key]) => key.startsWith(PREFIXES.certificate))
  return new Map(
    found.map(([key, value]) => {
      const { entry } = decodeBody(certificateCodec, value, key, TRUSTED)
      return [key, Buffer.from(entry.bytes).toString('latin1')]
    }),
  )
}

function written(disk: Disk, batches: Run['batches']): Disk {
  if (batches.length === 0) return disk
  const next = new Map(disk)
  for (const { writes } of batches) {
    for (const { key, value } of writes) {
      if (value === null) next.delete(key)
      else next.set(key, value)
    }
  }
  return next
}
