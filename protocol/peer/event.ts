import type { Verified } from '../crypto/verified.ts'
import type { BlobRef, JobId, PeerId } from '../ids.ts'
import type { Message } from '../intake/message.ts'
import type { Offer } from '../jobs/offer.ts'
import type { Verdict } from '../verification/verdict.ts'
import type { Command } from './command.ts'
import type { LoadPurpose } from './effect.ts'
import type { EpochCommand } from './epoch-command.ts'

/** How a run ended: an answer in the blob store, or the provider's own code. */
export type RunOutcome =
  | { readonly ok: true; readonly answer: BlobRef; readonly tokens: number; readonly durationMs: number }
  | { readonly ok: false; readonly code: string; readonly detail: string }

/** What this peer's own node can do now, as its compute room reports it. */
export interface Capabilities {
  readonly offers: readonly Offer[]
  readonly vramTotalMb: number
  readonly slots: number
}

/** All that ever reaches a mind. Randomness comes in as `entropy` (32 bytes from a CSPRNG). */
export type Event =
  /** Once, after every hot record was restored. `boot` tells this process's heartbeats from an earlier one's. */
  | {
      readonly type: 'start'
      readonly boot: number
      readonly addresses: readonly string[]
      readonly version: string
    }
  | { readonly type: 'message'; readonly message: Verified<Message> }
  | { readonly type: 'connected'; readonly peer: PeerId }
  | { readonly type: 'disconnected'; readonly peer: PeerId }
  | { readonly type: 'command'; readonly id: number; readonly command: Command; readonly entropy: Uint8Array }
  | { readonly type: 'epoch-command'; readonly id: number; readonly command: EpochCommand }
  | { readonly type: 'timer'; readonly id: string }
  | { readonly type: 'capabilities'; readonly capabilities: Capabilities }
  /** Others dial this peer elsewhere from now on. */
  | { readonly type: 'addresses'; readonly addresses: readonly string[] }
  /** The host measured a round trip to a connected peer. */
  | { readonly type: 'latency'; readonly peer: PeerId; readonly ms: number }
  | {
      readonly type: 'progress'
      readonly job: JobId
      readonly step: number
      readonly slot: number
      readonly tokens: number
    }
  | {
      readonly type: 'finished'
      readonly job: JobId
      readonly step: number
      readonly slot: number
      readonly outcome: RunOutcome
      readonly entropy: Uint8Array
    }
  /** `verdict` null: a body was missing or the worker failed; the mind tries again. */
  | { readonly type: 'computed'; readonly token: string; readonly verdict: Verdict | null }
  | { readonly type: 'fetched'; readonly token: string; readonly blob: BlobRef; readonly ok: boolean }
  /** Values in the order of the keys; undefined where there is none. */
  | {
      readonly type: 'loaded'
      readonly values: readonly (Uint8Array | undefined)[]
      readonly purpose: LoadPurpose
    }
