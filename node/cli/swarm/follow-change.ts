import { setTimeout as pause } from 'node:timers/promises'
import type { EpochResource, GovernanceResource } from '../../../protocol/api/epoch-schema.ts'
import { isGone, type PeerClient } from '../api.ts'
import type { Progress } from '../progress.ts'
import { describeMissing, namesOf } from './change-text.ts'

/** Between two looks: a change takes some tenths of a second. */
const LOOK_MS = 150
/** A killed peer is back within a few seconds, also on a busy machine. */
const AWAY_MS_MAX = 20_000

/** What is waited for: the epoch of that number, as one of these orders has it. */
export interface Followed {
  readonly number: number
  readonly nexts: readonly GovernanceResource[]
  /** Brings the order again where this peer has forgotten it, as after a restart. */
  readonly again?: () => Promise<unknown>
}

export interface FollowOptions {
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** - `left`: the signal came; the order goes on. */
export type Followup =
  | { readonly status: 'decided' | 'superseded'; readonly epoch: EpochResource }
  | { readonly status: 'left' }

/** Shows how an order goes on until its epoch has begun, or another one in its place. */
export async function followChange(
  client: PeerClient,
  followed: Followed,
  { progress, signal }: FollowOptions,
): Promise<Followup> {
  let heardMs = performance.now()
  let hinted = ''
  for (;;) {
    try {
      const seen = await client.getEpoch({}, { signal })
      heardMs = performance.now()
      if (seen.current >= followed.number) return await outcomeOf(client, followed)
      const { phase, detail, hint } = phaseOf(seen, followed)
      if (hint !== undefined && hint !== hinted) progress.note(hint)
      hinted = hint ?? hinted
      progress.show(phase, detail)
      if (seen.orders.length === 0) await followed.again?.()
      await pause(LOOK_MS, undefined, { signal })
    } catch (error) {
      if (signal.aborted) return { status: 'left' }
      if (!isGone(error) || performance.now() - heardMs > AWAY_MS_MAX) throw error
      progress.show('Waiting for this peer to be back')
      await pause(LOOK_MS)
    }
  }
}

async function outcomeOf(client: PeerClient, { number, nexts }: Followed): Promise<Followup> {
  const epoch = await client.getEpoch({ query: { number } })
  const governance = JSON.stringify(epoch.governance)
  const isOurs = nexts.some((next) => JSON.stringify(next) === governance)
  return { status: isOurs ? 'decided' : 'superseded', epoch }
}

interface Phase {
  readonly phase: string
  readonly detail?: string
  readonly hint?: string
}

function phaseOf({ orders, reported, quorum, self }: EpochResource, { number, nexts }: Followed): Phase {
  const ours = orders.find(({ next }) => nexts.some((one) => JSON.stringify(one) === JSON.stringify(next)))
  if (ours === undefined) return { phase: `Waiting for epoch ${number}` }
  if (ours.stopped) {
    const detail = reported.length === 0 ? undefined : `${reported.length} of ${quorum} states collected`
    return { phase: `Stopped, deciding epoch ${number}`, ...(detail === undefined ? {} : { detail }) }
  }
  if (!self.witness) return { phase: `The witnesses have the order for epoch ${number}` }
  if (ours.missing.length === 0) return { phase: 'All have agreed' }
  return { phase: `Waiting for ${namesOf(ours.missing)}`, hint: describeMissing(ours.missing) }
}
