import type { BlobRef } from '../ids.ts'
import type { JobRequest } from '../peer/command.ts'

/** A request without wishes: any model, any price that the swarm takes, judged by itself. */
export function plainRequest(prompt: BlobRef, replicas: number, standbys = 0): JobRequest {
  return {
    prompt,
    model: null,
    replicas,
    standbys,
    comparator: 'auto',
    minConfidence: null,
    maxPrice: null,
    region: null,
    mode: 'process',
    visibility: 'private',
    temperatureMilli: 0,
    seed: null,
    maxTokens: 256,
  }
}
