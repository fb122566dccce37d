import type { EntryId } from '../../protocol/ids.ts'
import type { RequestName } from '../../protocol/peer/command.ts'
import type { LedgerHistory } from './backend.ts'
import { ApiProblem } from './problem.ts'

interface Running {
  readonly content: RequestName['content']
  readonly entry: Promise<EntryId>
}

/** Requests that their askers named: each is carried out once, however often it is asked and whatever crashes. */
export interface Requests {
  /** Throws `idempotency_key_reused` when the name stands for something else, and whatever `act` throws. */
  once(request: RequestName, act: (request: RequestName) => Promise<EntryId>): Promise<EntryId>
}

/** What runs is known here, and what was signed is in the store, written in the batch of the signed entry itself. */
export function createRequests(ledger: Pick<LedgerHistory, 'request'>): Requests {
  const running = new Map<string, Running>()

  async function find(request: RequestName, act: (request: RequestName) => Promise<EntryId>) {
    const found = await ledger.request(request.name)
    if (found === undefined) return act(request)
    if (found.content !== request.content) throw new ApiProblem('idempotency_key_reused')
    return found.entry
  }

  return {
    once(request, act) {
      const { name, content } = request
      const other = running.get(name)
      if (other !== undefined) {
        if (other.content !== content) throw new ApiProblem('idempotency_key_reused')
        return other.entry
      }
      const entry = find(request, act).finally(() => running.delete(name))
      running.set(name, { content, entry })
      return entry
    },
  }
}
