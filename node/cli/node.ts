import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import type { NodeState } from '../../protocol/api/control-schema.ts'
import { type ApiFlags, isGone, type PeerClient } from './api.ts'
import { EXIT } from './exit-codes.ts'
import { print, printJson, say } from './output.ts'
import { Progress } from './progress.ts'
import { controlOptions, reachControl } from './reach.ts'

type Flags = Pick<ApiFlags, 'data' | 'json'>

/** A person sees no difference, and the peer no load. */
const LOOK_MS = 250

/** `pause`, `resume` and `drain`: whether this machine takes work. */
export function addNode(program: Command): void {
  const pausing = program
    .command('pause')
    .description('take no new work, also after a restart; what runs is finished')
  controlOptions(pausing).action(async (flags: Flags) => {
    const state = await (await reachControl(flags)).pauseNode()
    show(state, flags, `paused${runningText(state)}; "hyperlooms resume" takes work again`)
  })
  const resuming = program.command('resume').description('take work again')
  controlOptions(resuming).action(async (flags: Flags) => {
    const state = await (await reachControl(flags)).resumeNode()
    const revoked = 'consent is revoked, so it still takes no work: see "hyperlooms consent"'
    show(state, flags, state.bids ? 'running' : revoked)
  })
  const draining = program
    .command('drain')
    .description('take no new work, finish what runs, then end the peer; Ctrl-C calls it off')
  controlOptions(draining).action(drain)
}

function show(state: NodeState, { json }: Flags, text: string): void {
  if (json === true) printJson(state)
  else print(`peer ${state.peer_id} (${state.data_folder}): ${text}`)
}

function runningText({ running_jobs: count }: NodeState): string {
  return count === 0 ? '' : `, ${count} running job${count === 1 ? ' is' : 's are'} finished`
}

async function drain(flags: Flags): Promise<void> {
  const client = await reachControl(flags)
  const before = await client.getNode()
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const progress = new Progress()
  const last = await follow(client, await client.drainNode(), { progress, signal: stop.signal })
  progress.done()
  if (last === 'called-off') return callOff(client, before, flags)
  show(last, flags, 'drained and stopped')
}

/** Resolves with the last state seen once the peer has gone. */
async function follow(
  client: PeerClient,
  first: NodeState,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<NodeState | 'called-off'> {
  for (let state = first; ; ) {
    const { running_jobs: count } = state
    progress.show('Draining', count === 0 ? 'nothing runs' : `${count} running`)
    try {
      await pause(LOOK_MS, undefined, { signal })
      state = await client.getNode({}, { signal })
    } catch (error) {
      if (signal.aborted) return 'called-off'
      if (isGone(error)) return state
      throw error
    }
    // Another command has called it off.
    if (state.state !== 'draining') return 'called-off'
  }
}

async function callOff(client: PeerClient, before: NodeState, flags: Flags): Promise<void> {
  const state = before.state === 'paused' ? await client.pauseNode() : await client.resumeNode()
  if (flags.json === true) printJson(state)
  say('called off: the peer goes on as before')
  process.exitCode = EXIT.notCompleted
}
