import type { MoveAnswer, MoveRequest } from '../../protocol/api/transaction-schema.ts'
import { formatCredits, parseCredits } from '../../protocol/api/credits.ts'
import { type EntryId, isPeerId, type PeerId } from '../../protocol/ids.ts'
import { entryMovements } from '../../protocol/jobs/movements.ts'
import { LIMITS, OUTPUT_MIN } from '../../protocol/params.ts'
import type { Command } from '../../protocol/peer/command.ts'
import { digestOfKey } from './api-keys.ts'
import type { Backend } from './backend.ts'
import { createCertificates, within } from './certified.ts'
import { SERVER_LIMITS } from './limits.ts'
import { ApiProblem } from './problem.ts'
import { createRequests } from './requests.ts'

export type MoveRoute = 'mintCredits' | 'rewardCredits' | 'transferCredits' | 'spendCredits'

interface Move {
  readonly type: 'mint' | 'transfer'
  readonly to: PeerId
  readonly amount: bigint
  readonly memo: string
}

interface MoveOptions {
  readonly query: { readonly wait_ms?: number }
  readonly headers: { readonly 'idempotency-key'?: string }
}

/** Throws `ApiProblem` for what a schema can't express. */
function prepare(route: MoveRoute, { to, amount: text, memo = '' }: MoveRequest): Move {
  if (!isPeerId(to))
    throw new ApiProblem('out_of_range', 'to is not the id of a key: a letter of it is wrong')
  const amount = parseCredits(text)
  if (amount === undefined)
    throw new ApiProblem('amount_out_of_range', 'amount is more than the ledger can hold')
  if (amount < OUTPUT_MIN)
    throw new ApiProblem('amount_out_of_range', `amount is below ${formatCredits(OUTPUT_MIN)}`)
  if (!memo.isWellFormed())
    throw new ApiProblem('text_not_well_formed', 'memo contains an unpaired surrogate')
  const bytes = new TextEncoder().encode(memo).length
  if (bytes > LIMITS.memoBytes) {
    throw new ApiProblem('memo_too_long', `memo has ${bytes} bytes, ${LIMITS.memoBytes} are allowed`)
  }
  return { type: route === 'mintCredits' ? 'mint' : 'transfer', to, amount, memo }
}

/**
 * Moves credits of this peer's own account. An answer means that the operation is signed and on disk, so it is
 * driven on after any crash; with `wait_ms` it comes as soon as the operation is certified, or else then.
 */
export function createMoves(backend: Backend) {
  const requests = createRequests(backend.ledger)
  const untilCertified = createCertificates(backend)
  const { self, roster } = backend.view

  async function sign(command: Extract<Command, Move>): Promise<EntryId> {
    const result = await backend.command(command)
    if (!result.ok) throw new ApiProblem(result.code, result.detail)
    if (result.type !== 'entry') throw new TypeError(`the mind answered a move with "${result.type}"`)
    return result.entry
  }

  return async function move(
    route: MoveRoute,
    body: MoveRequest,
    { query, headers }: MoveOptions,
  ): Promise<MoveAnswer> {
    const prepared = prepare(route, body)
    const { type, to, amount, memo } = prepared
    const key = headers['idempotency-key']
    const content = digestOfKey([route, to, amount, memo].join('\n'))
    const signed =
      key === undefined
        ? sign(prepared)
        : requests.once({ name: digestOfKey(key), content }, (request) => sign({ ...prepared, request }))
    const entry = await within(signed, SERVER_LIMITS.operationTimeoutMs)
    if (entry === undefined) {
      const detail = 'it waits for earlier operations of this account and may still be carried out'
      throw new ApiProblem('outcome_unknown', detail)
    }
    const certified = await untilCertified(entry, query.wait_ms ?? 0)
    const operation = { type, to, amount, memo }
    const [movement] = entryMovements({ account: self, ops: [operation] }, roster.charter.treasury)
    return {
      status: certified ? 'certified' : 'accepted',
      entry_id: entry,
      type: movement?.type ?? type,
      from: type === 'mint' ? null : self,
      to,
      amount: formatCredits(amount),
      memo,
    }
  }
}
