import type { Caller } from '../../protocol/api/rights.ts'

/** Tells a caller by the address its connection really comes from; headers can't change it. */
export function callerOf(remoteAddress: string | undefined): Caller {
  if (remoteAddress === undefined) return 'none'
  const address = remoteAddress.replace(/^::ffff:/, '')
  return address === '::1' || /^127(\.[0-9]{1,3}){3}$/.test(address) ? 'loopback' : 'none'
}

/** Whether listening on `host` is reachable from this machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || callerOf(host) === 'loopback'
}
