import type { PeerId } from '../../protocol/ids.ts'
import type { CreateChecker } from '../checkers/checker.ts'
import { createSingleFactChecker } from '../checkers/single-fact.ts'
import { createSingleSignatureChecker } from '../checkers/single-signature.ts'
import { createMailroom, type Letter } from './mailroom.ts'
import type { Model } from './model.ts'
import { type Cause, createNodeStates, type NodeStates } from './node-states.ts'

/** Checkers that look at nothing but what was said. */
const CHECKERS = {
  'single-fact': createSingleFactChecker,
  'single-signature': createSingleSignatureChecker,
} as const satisfies Readonly<Record<string, CreateChecker>>

export interface Found {
  readonly checker: string
  readonly detail: string
  /** Steps that lead there, in words. */
  readonly path: readonly string[]
}

export interface Exploration {
  readonly model: string
  /** All states up to this depth were seen, unless something was found or `isFull`. */
  readonly depth: number
  readonly states: number
  readonly transitions: number
  /** Distinct states of single nodes: as often the code itself ran, at least. */
  readonly nodeStates: number
  readonly isFull: boolean
  /** Nothing is left that could happen: deeper is no more. */
  readonly isComplete: boolean
  readonly found: Found | undefined
  readonly elapsedMs: number
}

interface World {
  /** A state's number for each node. */
  readonly nodes: readonly number[]
  /** Numbers of all letters ever sent, as bits. */
  readonly sent: bigint
  readonly crashes: number
  readonly turns: number
  readonly from: World | undefined
  readonly by: string
}

export interface SearchLimits {
  readonly depth: number
  /** Distinct states kept; each takes some 300 bytes. */
  readonly states: number
}

/** Breadth first through everything that can happen, so that what is found is found on a shortest way. */
export function search(model: Model, limits: SearchLimits): Exploration {
  return new Search(model).run(limits)
}

class Search {
  readonly #model: Model
  readonly #mail = createMailroom()
  readonly #nodes: readonly NodeStates[]
  readonly #judged = new Map<bigint, { readonly checker: string; readonly detail: string } | undefined>()
  readonly #closed = new Map<bigint, bigint>()
  readonly #seen = new Set<string>()
  #transitions = 0

  constructor(model: Model) {
    this.#model = model
    this.#nodes = model.nodes.map((node) => createNodeStates(node, model, this.#mail))
  }

  run({ depth, states }: SearchLimits): Exploration {
    const startedAt = performance.now()
    const first = this.#first()
    let frontier: readonly World[] = [first]
    let found = this.#judge(first)
    let reached = 0
    this.#seen.add(nameOf(first))
    while (reached < depth && frontier.length > 0 && found === undefined && this.#seen.size < states) {
      const next: World[] = []
      for (const world of frontier) {
        for (const after of this.#after(world)) {
          this.#transitions += 1
          const before = this.#seen.size
          if (this.#seen.add(nameOf(after)).size === before) continue
          found ??= this.#judge(after)
          next.push(after)
        }
        if (found !== undefined || this.#seen.size >= states) break
      }
      frontier = next
      reached += 1
    }
    const isFull = this.#seen.size >= states
    return {
      model: this.#model.name,
      depth: isFull ? reached - 1 : reached,
      states: this.#seen.size,
      transitions: this.#transitions,
      nodeStates: this.#nodes.reduce((sum, { count }) => sum + count, 0),
      isFull,
      isComplete: frontier.length === 0,
      found,
      elapsedMs: performance.now() - startedAt,
    }
  }

  #first(): World {
    const { initial, crashes, turns } = this.#model
    const own = initial.map((sent) => this.#mail.letter(sent).number)
    const started = this.#nodes.flatMap(({ first }) => first.left)
    const nodes = this.#nodes.map(({ first }) => first.state)
    const sent = this.#close(withBits(0n, [...own, ...started]))
    return { nodes, sent, crashes, turns, from: undefined, by: 'start' }
  }

  *#after(world: World): Iterable<World> {
    for (const [at, node] of this.#model.nodes.entries()) {
      for (const letter of this.#lettersFor(world, node.id)) yield* this.#cause(world, at, letter)
      if (node.hasTurn && world.turns > 0) yield* this.#cause(world, at, undefined)
      if (world.crashes > 0) yield this.#crash(world, at)
    }
  }

  #lettersFor({ sent }: World, id: PeerId): readonly Letter[] {
    return lettersIn(sent)
      .map((number) => this.#mail.at(number))
      .filter(({ to, message }) => to === id && this.#model.delivered.has(message.kind))
  }

  /** One step, and the same step with the power failing at each point of its writing. */
  *#cause(world: World, at: number, letter: Letter | undefined): Iterable<World> {
    const states = this.#nodes[at]
    const state = world.nodes[at]
    if (states === undefined || state === undefined) return
    const cause: Cause = letter?.number
    const turns = letter === undefined ? world.turns - 1 : world.turns
    const what = letter === undefined ? 'takes its turn' : `hears ${shown(letter)}`
    const next = (step: { state: number; left: readonly number[] }, crashes: number, how: string): World => ({
      nodes: world.nodes.with(at, step.state),
      sent: this.#close(withBits(world.sent, step.left)),
      crashes,
      turns,
      from: world,
      by: `${this.#nameOf(at)} ${what}${how}`,
    })
    yield next(states.step(state, cause), world.crashes, '')
    if (world.crashes === 0) return
    const batches = states.batches(state, cause)
    for (let kept = 0; kept < batches; kept += 1)
      yield next(
        states.fail(state, cause, kept),
        world.crashes - 1,
        ` and crashes with ${kept} of ${batches} batches synced`,
      )
  }

  #crash(world: World, at: number): World {
    const states = this.#nodes[at]
    const step = states?.crash(world.nodes[at] ?? 0) ?? { state: 0, left: [] }
    return {
      nodes: world.nodes.with(at, step.state),
      sent: this.#close(withBits(world.sent, step.left)),
      crashes: world.crashes - 1,
      turns: world.turns,
      from: world,
      by: `${this.#nameOf(at)} crashes`,
    }
  }

  /** Adds what the adversary makes of what was sent, until it has nothing more to say. */
  #close(sent: bigint): bigint {
    const { adversary } = this.#model
    if (adversary === undefined) return sent
    const known = this.#closed.get(sent)
    if (known !== undefined) return known
    const messages = lettersIn(sent).map((number) => this.#mail.at(number).message)
    const more = withBits(
      sent,
      adversary(messages).map((one) => this.#mail.letter(one).number),
    )
    const closed = more === sent ? sent : this.#close(more)
    this.#closed.set(sent, closed)
    return closed
  }

  #judge(world: World): Found | undefined {
    const { sent } = world
    if (!this.#judged.has(sent)) this.#judged.set(sent, this.#check(sent))
    const wrong = this.#judged.get(sent) ?? this.#disagreement(world)
    return wrong === undefined ? undefined : { ...wrong, path: pathTo(world) }
  }

  /** Two disks with different entries at one place: what a quorum that is none leads to. */
  #disagreement({ nodes }: World): { readonly checker: string; readonly detail: string } | undefined {
    const entries = new Map<string, string>()
    for (const [at, states] of this.#nodes.entries()) {
      for (const [place, entry] of states.certificates(nodes[at] ?? 0)) {
        if ((entries.get(place) ?? entry) !== entry)
          return { checker: 'single-fact', detail: `two disks hold different entries: ${place}` }
        entries.set(place, entry)
      }
    }
    return undefined
  }

  #check(sent: bigint): { readonly checker: string; readonly detail: string } | undefined {
    let wrong: { readonly checker: string; readonly detail: string } | undefined
    for (const [checker, create] of Object.entries(CHECKERS)) {
      const made = create(this.#model.facts, (detail) => {
        wrong ??= { checker, detail }
      })
      for (const number of lettersIn(sent)) {
        const { evidence, message } = this.#mail.at(number)
        if (evidence !== undefined) made.evidence?.(message.from, evidence)
      }
    }
    return wrong
  }

  #nameOf(at: number): string {
    return this.#model.nodes[at]?.id.slice(-4) ?? ''
  }
}

function nameOf({ nodes, sent, crashes, turns }: World): string {
  return `${nodes.join()} ${sent.toString(36)} ${crashes} ${turns}`
}

function pathTo(world: World): readonly string[] {
  const path: string[] = []
  for (let at: World | undefined = world; at?.from !== undefined; at = at.from) path.push(at.by)
  return path.reverse()
}

function shown({ message: { kind, from } }: Letter): string {
  return `${kind} from ${from.slice(-4)}`
}

function withBits(sent: bigint, numbers: readonly number[]): bigint {
  return numbers.reduce((bits, number) => bits | (1n << BigInt(number)), sent)
}

const listed = new Map<bigint, readonly number[]>()

function lettersIn(sent: bigint): readonly number[] {
  const known = listed.get(sent)
  if (known !== undefined) return known
  const numbers: number[] = []
  for (let rest = sent, at = 0; rest > 0n; rest >>= 1n, at += 1) if ((rest & 1n) === 1n) numbers.push(at)
  listed.set(sent, numbers)
  return numbers
}
