import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { ApiError, type CallOptions } from '../../protocol/api/client.ts'
import type { MoveAnswer } from '../../protocol/api/transaction-schema.ts'
import { type ApiFlags, NoAnswerError, type PeerClient } from './api.ts'
import { EXIT } from './exit-codes.ts'
import { describeMove } from './move-text.ts'
import { CommandError, print, printJson } from './output.ts'
import { apiOptions, reachPeer } from './reach.ts'
import { wholeNumber } from './run.ts'

export interface MoveFlags extends ApiFlags {
  readonly memo?: string
  readonly wait: number
  readonly idempotencyKey?: string
}

/** Certifying takes milliseconds; this is for a witness that is away for a moment. */
const WAIT_SECONDS_DEFAULT = 10

/** Options of a verb that moves credits: at an address it takes the peer's API key. */
export function moveOptions(command: Command): Command {
  return apiOptions(command)
    .option('--memo <text>', 'a word about it, at most 140 bytes; everybody in the swarm can read it')
    .option(
      '--wait <seconds>',
      'how long to wait for the certificate, at most 30',
      wholeNumber,
      WAIT_SECONDS_DEFAULT,
    )
    .option('--idempotency-key <text>', 'a name for this request: repeated under it, it is carried out once')
}

export interface MoveInput {
  readonly query: { readonly wait_ms: number }
  readonly memo: { readonly memo?: string }
  readonly options: CallOptions<AbortSignal>
}

/** Answers of a peer that has no room or too few witnesses: nothing was signed. */
const REFUSED: ReadonlySet<string> = new Set(['queue_full', 'not_ready'])

/** Whether the operation may have been carried out although no answer says so. */
function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof NoAnswerError) return error.maybeDone
  // A success that can't be read is none that was understood; a server's own fault may come after its signature.
  return error instanceof ApiError && (error.status < 300 || error.status >= 500) && !REFUSED.has(error.code)
}

/**
 * Carries out one operation and prints it. Exit code 1: accepted, but not certified within the time; 75: nobody
 * knows, and the key that is printed lets it be repeated without moving the credits twice.
 */
export async function runMove(
  flags: MoveFlags,
  act: (client: PeerClient, input: MoveInput) => Promise<MoveAnswer>,
): Promise<void> {
  const client = await reachPeer(flags)
  // Without one from the user it still keeps a repetition from being a second operation.
  const key = flags.idempotencyKey ?? randomUUID()
  const answer = await act(client, {
    query: { wait_ms: flags.wait * 1_000 },
    memo: flags.memo === undefined ? {} : { memo: flags.memo },
    options: { headers: { 'idempotency-key': key } },
  }).catch((error: unknown) => {
    throw isOutcomeUnknown(error) ? unknownOutcome(key) : error
  })
  if (flags.json === true) printJson(answer)
  else print(describeMove(answer))
  process.exitCode = answer.status === 'certified' ? EXIT.ok : EXIT.notCompleted
}

function unknownOutcome(key: string): CommandError {
  const message =
    'The outcome is unknown: no answer came, and the credits may have been moved. To move them once and not ' +
    `twice, repeat with --idempotency-key ${key}`
  return new CommandError(message, EXIT.outcomeUnknown)
}
