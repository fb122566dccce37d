/**
 * Every error that the API answers with: its stable code, HTTP status and title. Codes are part of the
 * interface: one is never renamed, never given another meaning and never used again after it went.
 */
export const ERRORS = {
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  malformed_request: { status: 400, title: 'The request is not valid HTTP' },
  body_missing: { status: 400, title: 'The request needs a JSON body' },
  api_key_missing: { status: 401, title: 'The route needs the header X-API-Key' },
  api_key_invalid: { status: 401, title: 'The API key is not one of this peer' },
  host_not_allowed: { status: 403, title: 'This server is not reached under that host name' },
  origin_not_allowed: { status: 403, title: 'Pages of that origin may not use this server' },
  not_permitted: { status: 403, title: 'The caller may not use this route' },
  not_a_minter: { status: 403, title: 'This peer may not mint credits' },
  not_the_treasury: { status: 403, title: 'This peer does not hold the key of the treasury' },
  insufficient_credit: { status: 402, title: 'The account cannot pay for this' },
  not_found: { status: 404, title: 'There is nothing at this address' },
  job_not_found: { status: 404, title: 'This peer knows no such job' },
  decision_not_found: { status: 404, title: 'The job has not been assigned yet' },
  account_not_found: { status: 404, title: 'The ledger knows no such account' },
  entry_not_found: { status: 404, title: 'This peer knows no such certified entry' },
  peer_not_found: { status: 404, title: 'This is not the id of a peer' },
  method_not_allowed: { status: 405, title: 'The route does not offer this method' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  account_forked: { status: 409, title: 'Two entries were signed for one place of the account' },
  not_forked: { status: 409, title: 'The account has no unsettled fork' },
  operation_void: { status: 409, title: 'Another entry took the place of the operation' },
  too_few_nodes: { status: 409, title: 'The swarm has too few nodes for this job' },
  body_too_large: { status: 413, title: 'The body is too large' },
  prompt_too_large: { status: 413, title: 'The prompt is too large' },
  media_type_unsupported: { status: 415, title: 'The body has a media type that this route does not take' },
  missing_field: { status: 422, title: 'A field is missing' },
  unknown_field: { status: 422, title: 'A field is unknown' },
  wrong_type: { status: 422, title: 'A field has the wrong type' },
  out_of_range: { status: 422, title: 'A field is out of range' },
  text_not_well_formed: { status: 422, title: 'A text contains an unpaired surrogate' },
  prompt_empty: { status: 422, title: 'The prompt is empty' },
  prompt_out_of_range: { status: 422, title: 'The prompt cannot be taken' },
  replicas_out_of_range: { status: 422, title: 'The number of replicas is out of range' },
  model_unknown: { status: 422, title: 'No node offers this model' },
  price_too_low: { status: 422, title: 'No node works for this price' },
  amount_out_of_range: { status: 422, title: 'The amount is out of range' },
  memo_too_long: { status: 422, title: 'The memo is too long' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key was used for another request' },
  signer_mismatch: { status: 422, title: 'The envelope was signed by another peer than the address names' },
  cursor_invalid: { status: 422, title: 'The cursor was not issued by this server' },
  upgrade_required: { status: 426, title: 'This address speaks WebSocket' },
  rate_limited: { status: 429, title: 'Too many requests' },
  api_key_attempts: { status: 429, title: 'Too many wrong API keys came from this address' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'The server failed' },
  not_ready: { status: 503, title: 'This peer cannot reach enough witnesses' },
  queue_full: { status: 503, title: 'This peer has too much open work' },
  too_many_sockets: { status: 503, title: 'Too many sockets are open' },
  outcome_unknown: { status: 504, title: 'The operation may still be carried out' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string }>>

export type ErrorCode = keyof typeof ERRORS

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text)
}
