import type { ErrorCode } from '../../protocol/errors.ts'

interface HostPort {
  readonly name: string
  /** undefined where the text names none. */
  readonly port: number | undefined
}

/** What a browser may call this server; anything else is another site's name pointed at it (DNS rebinding). */
export interface HostRule {
  /** The port this server listens on, once it does. */
  port(): number
  /** Further names, as `host` for any port or `host:port`. */
  readonly allowed: readonly HostPort[]
}

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]']
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 }

/** `name[:port]` in lower case; undefined for anything else, e.g. with user info or a path. */
function parseHost(text: string): HostPort | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::([0-9]{1,5}))?$/.exec(text.toLowerCase())
  const name = match?.[1]
  if (name === undefined) return undefined
  return { name, port: match?.[2] === undefined ? undefined : Number(match[2]) }
}

/** Throws for an entry that isn't a host: a mistyped permission must not be passed over. */
export function hostRule(port: () => number, allowedHosts: readonly string[]): HostRule {
  const allowed = allowedHosts.map((entry) => {
    const host = parseHost(entry)
    if (host === undefined)
      throw new RangeError(`allowed host "${entry}" is not of the form host or host:port`)
    return host
  })
  return { port, allowed }
}

function matches(host: HostPort, defaultPort: number, rule: HostRule): boolean {
  const port = host.port ?? defaultPort
  if (LOOPBACK_NAMES.includes(host.name) && port === rule.port()) return true
  return rule.allowed.some(
    ({ name, port: only }) => name === host.name && (only === undefined || only === port),
  )
}

function originAllowed(origin: string, rule: HostRule): boolean {
  const match = /^(https?):\/\/(.*)$/.exec(origin)
  const host = parseHost(match?.[2] ?? '')
  return host !== undefined && matches(host, DEFAULT_PORTS[match?.[1] ?? ''] ?? 0, rule)
}

/** Judges the two headers of any request or upgrade; undefined means: go on. */
export function hostFault(
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
  rule: HostRule,
): Extract<ErrorCode, 'host_not_allowed' | 'origin_not_allowed'> | undefined {
  const host = parseHost(headers.host ?? '')
  if (host === undefined || !matches(host, 80, rule)) return 'host_not_allowed'
  if (headers.origin !== undefined && !originAllowed(headers.origin, rule)) return 'origin_not_allowed'
  return undefined
}
