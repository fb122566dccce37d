import type { CallOutput } from '../../protocol/api/client.ts'
import { PAGE_DEFAULT } from '../../protocol/api/fields.ts'
import { isDigest, isPeerId } from '../../protocol/ids.ts'
import type { Backend } from './backend.ts'
import type { Handlers, RouteInput } from './route-handlers.ts'
import { createMoves, type MoveRoute } from './moves.ts'
import { ApiProblem } from './problem.ts'
import { transactionResource } from './transaction-resource.ts'

type CreditsRoute = MoveRoute | 'listTransactions' | 'resolveFork'

async function listTransactions(
  backend: Backend,
  query: RouteInput<'listTransactions'>['query'],
): Promise<CallOutput<'listTransactions'>> {
  const { limit = PAGE_DEFAULT, account, job, ...rest } = query
  if (account !== undefined && !isPeerId(account))
    throw new ApiProblem('out_of_range', 'account is not the id of a key')
  const page = await backend.ledger.transactions({
    limit,
    ...rest,
    ...(account === undefined ? {} : { account }),
    ...(job !== undefined && isDigest(job) ? { job } : {}),
  })
  if (page === undefined) throw new ApiProblem('cursor_invalid')
  return { items: page.items.map(transactionResource), next_cursor: page.nextCursor }
}

async function resolveFork(backend: Backend): Promise<CallOutput<'resolveFork'>> {
  const result = await backend.command({ type: 'resolve' })
  if (!result.ok) throw new ApiProblem(result.code, result.detail)
  return { status: 'requested', account_id: backend.view.self }
}

export function creditsHandlers(backend: Backend, stopping: AbortSignal): Pick<Handlers, CreditsRoute> {
  const move = createMoves(backend, stopping)
  const { treasury } = backend.view.roster.charter
  return {
    resolveFork: () => resolveFork(backend),
    listTransactions: ({ query }) => listTransactions(backend, query),
    mintCredits: ({ body, query, headers }) => move('mintCredits', body, { query, headers }),
    transferCredits: ({ body, query, headers }) => move('transferCredits', body, { query, headers }),
    rewardCredits({ body, query, headers }) {
      if (backend.view.self !== treasury) throw new ApiProblem('not_the_treasury')
      return move('rewardCredits', body, { query, headers })
    },
    spendCredits: ({ body, query, headers }) =>
      move('spendCredits', { ...body, to: treasury }, { query, headers }),
  }
}
