import { decodeBody } from '../../protocol/encoding/body.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { type JobRecord, jobRecordCodec } from '../../protocol/jobs/record.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { CreateChecker } from './checker.ts'

/**
 * Blame is read off decided values (protocol/README): every peer says the same of a job that is over, whatever it saw of
 * it; and nobody correct is ever convicted of two commits.
 */
export const createSameBlameChecker: CreateChecker = (facts, report) => {
  const said = new Map<string, string>()
  return {
    conclude(peers) {
      for (const { peer, records } of peers) {
        for (const [key, value] of records) {
          if (!key.startsWith(PREFIXES.closed)) continue
          const record = decodeBody(jobRecordCodec, value, key, TRUSTED)
          for (const { cause, peer: blamed } of record.blame)
            if (cause === 'fault' && blamed !== null && facts.correct.has(blamed))
              report(`${peer} says that ${blamed}, who is correct, signed two commits for ${record.job}`)
          const blame = shown(record)
          const before = said.get(record.job) ?? blame
          if (before !== blame) report(`${peer} shows other blame for ${record.job}: ${blame}, not ${before}`)
          said.set(record.job, before)
        }
      }
    },
  }
}

function shown({ blame, charged, refunded }: JobRecord): string {
  return `${charged} ${refunded} ${JSON.stringify(blame)}`
}
