import type { Message } from '../intake/message.ts'
import { jobIdOf } from '../ledger/entry.ts'
import { placeOfFork } from '../ledger/resolution.ts'
import type { Parts } from './parts.ts'

/**
 * Whether a gossiped message says anything that this peer doesn't know. Signatures don't age, so an old one can be
 * handed in again for ever; what isn't news is not spread a second time. Always true for what isn't gossiped.
 */
export function isNews({ heartbeats, jobs, ledger }: Parts, message: Message): boolean {
  switch (message.kind) {
    case 'heartbeat':
      return heartbeats.isNews(message.signer, message.body)
    case 'entry': {
      const { account, seq, ops } = message.body
      // Its place has an entry: either this one, whose jobs are known, or another.
      if (seq < ledger.nextSeq(account)) return false
      return ops.some((operation) => {
        if (operation.type !== 'open') return false
        const job = jobIdOf(account, operation.spec.nonce)
        return jobs.context.book.get(job) === undefined && jobs.heads.get(job) === undefined
      })
    }
    case 'announce': {
      const { entries, jobs: steps } = message.body
      return (
        entries.some(({ account, seq }) => seq >= ledger.nextSeq(account)) ||
        steps.some(({ job, step }) => step > (jobs.heads.get(job)?.step ?? -1))
      )
    }
    case 'fork': {
      const account = placeOfFork(message.body)?.account
      return account !== undefined && !ledger.isForked(account)
    }
    default:
      return true
  }
}
