import type {
  JobMessage,
  NetworkMessage,
  ResetMessage,
  TokensMessage,
} from '../../protocol/api/socket-messages.ts'
import type { Numbered } from './watch.ts'

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isNumbered(value: unknown): value is Readonly<Record<string, unknown>> & { readonly seq: number } {
  return isRecord(value) && typeof value['seq'] === 'number'
}

/** The page believes the peer that it came from; this only tells its messages from those of something else. */
export function isJobMessage(value: unknown): value is JobMessage {
  return isNumbered(value) && isRecord(value['job']) && typeof value['job']['id'] === 'string'
}

export function isNetworkMessage(value: unknown): value is NetworkMessage {
  return isNumbered(value) && isRecord(value['stats']) && typeof value['stats']['peer_id'] === 'string'
}

/** What a watch takes out of a message: a snapshot begins anew, whatever came before it. */
export function numbered<T>({ type, seq }: JobMessage | NetworkMessage, value: T): Numbered<T> {
  return { seq, value, isFirst: type === 'snapshot' }
}

export function isAnswerMessage(value: unknown): value is TokensMessage | ResetMessage {
  if (!isRecord(value) || typeof value['rank'] !== 'number') return false
  return (
    value['type'] === 'reset' ||
    (value['type'] === 'tokens' && typeof value['at'] === 'number' && typeof value['text'] === 'string')
  )
}
