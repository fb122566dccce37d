import type { MoveAnswer, MoveRequest } from '../../protocol/api/transaction-schema.ts'
import { formatCredits, parseCredits } from '../../protocol/api/credits.ts'
import { type EntryId, isPeerId, type PeerId } from '../../protocol/ids.ts'
import { entryMovements } from '../../protocol/jobs/movements.ts'
import { LIMITS, OUTPUT_MIN } from '../../protocol/params.ts'
import type { Command } from '../../protocol/peer/command.ts'
import { isPlainText } from '../../protocol/encoding/plain-text.ts'
import { digestOfKey } from './api-keys.ts'
import type { Backend } from './backend.ts'
import { SERVER_LIMITS } from './limits.ts'
import { ApiProblem } from './problem.ts'
import { createOutcomes, within } from './outcomes.ts'
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
  if (!isPlainText(memo))
    throw new ApiProblem('text_not_well_formed', 'memo contains a control character, or half of a character')
  const bytes = new TextEncoder().encode(memo).length
  if (bytes > LIMITS.memoBytes) {
    throw new ApiProblem('memo_too_long', `memo has ${bytes} bytes, ${LIMITS.memoBytes} are allowed`)
  }
  return { type: route === 'mintCredits' ? 'mint' : 'transfer', to, amount, memo }
}

/** Witnesses can't rule out that a certificate was made before they stopped; then it is in the account's list. */
const VOID_DETAIL =
  'a fork of the account was settled without it, so it is not carried out any more, unless a certificate from before ' +
  'turns up: look at the transactions of the account before asking again, under another idempotency key'

function unanswered({ aborted }: AbortSignal): ApiProblem {
  const why = aborted ? 'this peer is stopping' : 'it waits for earlier operations of this account'
  return new ApiProblem('outcome_unknown', `${why}; it may still be carried out`)
}

/**
 * Moves credits of this peer's own account. An answer means that the operation is signed and on disk, so it is
 * driven on after any crash; with `wait_ms` it comes as soon as the operation is certified or void, or else then. All
 * that wait are answered when the server is `stopping`.
 */
export function createMoves(backend: Backend, stopping: AbortSignal) {
  const requests = createRequests(backend.ledger)
  const untilSettled = createOutcomes(backend, stopping)
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
    const entry = await within(signed, { timeoutMs: SERVER_LIMITS.operationTimeoutMs, stopping })
    if (entry === undefined) throw unanswered(stopping)
    const state = await untilSettled(entry, query.wait_ms ?? 0)
    if (state === 'void') throw new ApiProblem('operation_void', VOID_DETAIL)
    const operation = { type, to, amount, memo }
    const [movement] = entryMovements({ account: self, ops: [operation] }, roster.charter.treasury)
    return {
      status: state === 'certified' ? 'certified' : 'accepted',
      entry_id: entry,
      type: movement?.type ?? type,
      from: type === 'mint' ? null : self,
      to,
      amount: formatCredits(amount),
      memo,
    }
  }
}
