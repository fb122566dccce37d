import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { Command } from '../../protocol/peer/command.ts'
import type { Peer, PeerOptions } from '../../protocol/peer/options.ts'
import { createPanel } from '../checkers/panel.ts'
import type { CryptoName } from '../crypto.ts'
import type { Judge } from '../judge.ts'
import { createWorld, type WorldOptions, type WorldPeer } from '../world.ts'

/** Names a run of a drawn scenario: the same options give the same run, event by event. */
export interface ScenarioOptions {
  readonly seed: number
  readonly crypto: CryptoName
  readonly judge: Judge
  readonly createMind: (options: PeerOptions) => Peer
  readonly print?: (line: string) => void
  /** Checkers that don't watch; none by default. */
  readonly unwatched?: readonly string[]
}

type Plan = Pick<WorldOptions, 'peers' | 'faults' | 'charter' | 'fails'>

/** The world of a plan, watched by all checkers. `name` tells the draws of one scenario from those of another. */
export function createWatchedWorld(
  name: string,
  { seed, ...options }: ScenarioOptions,
  { peers, faults, charter, fails }: Plan,
) {
  const { crypto, judge, createMind, print, unwatched } = options
  const world = createWorld({
    seed: `${name} ${seed}`,
    peers,
    faults,
    charter,
    crypto,
    createMind,
    judge,
    ...(fails === undefined ? {} : { fails }),
    ...(print === undefined ? {} : { print }),
  })
  const panel = createPanel(world, unwatched)
  world.watch(panel.observe)
  return { world, panel }
}

type JobCommand = Extract<Command, { type: 'submit-job' }>
type Chosen = 'model' | 'replicas' | 'standbys' | 'comparator' | 'visibility' | 'deadlineMs'

/** A job about a prompt that the payer holds; what no scenario varies is the same in all of them. */
export function jobOf(
  payer: WorldPeer,
  prompt: string,
  chosen: Pick<JobCommand['request'], Chosen>,
): JobCommand {
  const request = {
    prompt: payer.blobs.put(utf8ToBytes(prompt)),
    minConfidence: null,
    maxPrice: null,
    region: null,
    mode: 'process' as const,
    temperatureMilli: 0,
    seed: 7,
    maxTokens: 256,
    ...chosen,
  }
  return { type: 'submit-job', request }
}
