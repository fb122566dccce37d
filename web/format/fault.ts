import { ApiError } from '../../protocol/api/client.ts'

/** Something that went wrong, ready to be read. */
export interface Fault {
  readonly sentence: string
  /** Stable code of the API; null where no answer came. */
  readonly code: string | null
  readonly requestId: string | null
}

/** What to do about it, where the code tells. */
const ADVICE: Readonly<Record<string, string>> = {
  insufficient_credit: 'Ask for fewer replicas or a lower price, or earn credits by running a node.',
  too_few_nodes: 'Ask for fewer replicas, or wait until more nodes are online.',
  price_too_low: 'Raise the highest price, or leave it empty for the default of the swarm.',
  model_unknown: 'Choose a model from the list; it shows what is offered now.',
  not_permitted: 'Open this page on the machine that runs the peer.',
  not_ready: 'The peer connects by itself; try again in a moment.',
  queue_full: 'Wait for open jobs to finish and try again.',
  rate_limited: 'Wait a minute and try again.',
  internal: "The peer's log has the details under the request id.",
}

function asSentence(text: string): string {
  const trimmed = text.trim()
  const first = trimmed.charAt(0).toUpperCase() + trimmed.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}

export function faultOf(error: unknown): Fault {
  if (error instanceof ApiError) {
    const advice = ADVICE[error.code]
    const sentence = asSentence(error.detail)
    return {
      sentence: advice === undefined ? sentence : `${sentence} ${advice}`,
      code: error.code,
      requestId: error.requestId,
    }
  }
  return {
    sentence: 'This peer does not answer. Is it still running?',
    code: null,
    requestId: null,
  }
}
