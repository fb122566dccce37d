import { decisionCodec } from '../../protocol/agreement/messages.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { Observation } from '../observation.ts'

export type JobEnd = 'completed' | 'unresolved' | 'void'

/** Learns from what peers write which jobs have ended, where and how. */
export interface JobWatch {
  observe(observation: Observation): void
  /** As this peer has it on its disk. */
  endOf(peer: string, job: string): JobEnd | undefined
}

export function createJobWatch(): JobWatch {
  const ends = new Map<string, JobEnd>()
  // Every peer writes the same decisions, which the checkers hold it to: each is read once.
  const read = new Map<string, JobEnd | undefined>()
  return {
    observe(observation) {
      if (observation.type !== 'effect' || observation.effect.type !== 'persist') return
      for (const { key, value } of observation.effect.writes) {
        if (value === null || !key.startsWith(PREFIXES.decision)) continue
        const end = read.has(key) ? read.get(key) : endIn(value)
        read.set(key, end)
        const [, job = ''] = key.split('/')
        if (end !== undefined) ends.set(`${observation.peer} ${job}`, end)
      }
    },
    endOf: (peer, job) => ends.get(`${peer} ${job}`),
  }
}

function endIn(record: Uint8Array): JobEnd | undefined {
  const { value } = decodeBody(decisionCodec, record, 'decision', TRUSTED)
  if (value.type === 'void') return 'void'
  if (value.type !== 'close') return undefined
  return value.result.winner === null ? 'unresolved' : 'completed'
}
