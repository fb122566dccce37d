import { bytes, digest, type Infer, struct, uint } from '../encoding/codec.ts'
import type { JobId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import { signedCommit } from './messages.ts'
import { blobRef } from './spec.ts'

/**
 * A finished run: written before its commit leaves, so that after a crash the runner opens the very commitment
 * it made and never signs another for the slot.
 */
export const runRecordCodec = struct({
  job: digest<JobId>(),
  step: uint(LIMITS.steps),
  slot: uint(LIMITS.slots),
  salt: bytes({ min: 32, max: 32 }),
  answer: blobRef,
  commit: signedCommit,
})
export type RunRecord = Infer<typeof runRecordCodec>
