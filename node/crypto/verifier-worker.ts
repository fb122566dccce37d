import { parentPort } from 'node:worker_threads'
import { createSignatureCheck } from './signature-check.ts'
import { unpackChecks } from './packed-checks.ts'

/** Key objects of a thread; a swarm's witnesses and the owners it meets again. */
const KEYS_MAX = 16_384

/** One byte for each check, 1 for a valid one. */
export type PackedAnswers = Uint8Array

// A thread of `verifier-threads.ts`: each message is a buffer of checks, answered by `PackedAnswers`.
const isValid = createSignatureCheck(KEYS_MAX)

parentPort?.on('message', (packed: Uint8Array) => {
  parentPort?.postMessage(
    Uint8Array.from(unpackChecks(packed), (check) => (isValid(check) ? 1 : 0)),
    [],
  )
})
