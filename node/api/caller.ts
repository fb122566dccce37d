import type { FastifyRequest } from 'fastify'
import type { Caller } from '../../protocol/api/rights.ts'
import type { ApiKeys } from './api-keys.ts'
import type { ControlListener } from './control-listener.ts'
import { ApiProblem } from './problem.ts'

/** Tells a caller by the address its connection really comes from; headers can't change it. */
export function addressCaller(remoteAddress: string | undefined): Extract<Caller, 'loopback' | 'none'> {
  if (remoteAddress === undefined) return 'none'
  const address = remoteAddress.replace(/^::ffff:/, '')
  return address === '::1' || /^127(\.[0-9]{1,3}){3}$/.test(address) ? 'loopback' : 'none'
}

/**
 * Whoever comes over the control socket has all rights of the account that owns the peer, whatever else it shows.
 * Whoever shows a key is who the key says, wherever it calls from. A wrong key is refused on every route: its
 * caller believes to have rights that it doesn't have.
 */
export function callerOf(
  request: Pick<FastifyRequest, 'headers' | 'ip' | 'raw'>,
  { keys, control }: { readonly keys: ApiKeys; readonly control: Pick<ControlListener, 'isFrom'> },
): Caller {
  if (control.isFrom(request)) return 'control'
  const shown = request.headers['x-api-key']
  if (shown === undefined) return addressCaller(request.ip)
  const verdict = keys.check(request.ip, String(shown))
  if (verdict === 'valid') return 'api_key'
  throw new ApiProblem(verdict === 'locked' ? 'api_key_attempts' : 'api_key_invalid')
}

/** Whether listening on `host` is reachable from this machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || addressCaller(host) === 'loopback'
}
