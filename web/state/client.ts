import { createClient } from '../../protocol/api/client.ts'

/** The peer that served this page. */
export const client = createClient<AbortSignal>({
  fetch: (url, init) => fetch(url, init),
  baseUrl: location.origin,
})
