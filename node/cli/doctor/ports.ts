import { isIP } from 'node:net'
import type { Self } from '../../../protocol/api/network-schema.ts'
import { fail, fine, type Finding, warn } from './finding.ts'
import { bindFault, listenersAt, whoListens } from './listeners.ts'

interface Place {
  readonly host: string
  readonly port: number
}

const ANSWER_MS = 5_000

/** TCP places of multiaddrs; names and free choices of the system are left out: there is nothing to try. */
export function placesOf(listen: readonly string[]): readonly Place[] {
  return listen.flatMap((address) => {
    const [, host = '', port = ''] = /^\/ip[46]\/([^/]+)\/tcp\/(\d+)/.exec(address) ?? []
    return isIP(host) > 0 && port !== '0' ? [{ host, port: Number(port) }] : []
  })
}

/** What a stopped peer would meet where it wants to listen. */
export async function checkFreePorts(places: readonly Place[]): Promise<Finding> {
  for (const { host, port } of places) {
    const fault = port === 0 ? undefined : await bindFault(host, port)
    if (fault === undefined) continue
    const why = fault === 'EADDRINUSE' ? `${await whoListens(port)} listens there` : fault
    return fail('ports', `Port ${port} of ${host} can't be used: ${why}.`, 'choose_port')
  }
  const named = places.filter(({ port }) => port !== 0).map(({ port }) => port)
  return fine(
    'ports',
    named.length === 0
      ? 'The system chooses the ports.'
      : named.length === 1
        ? `Port ${named[0]} is free.`
        : `Ports ${named.join(', ')} are free.`,
  )
}

/** Whether a running peer answers where it says. */
export async function checkServedPorts(url: string, { addresses }: Self): Promise<Finding> {
  const answers = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(ANSWER_MS) }).then(
    ({ ok }) => ok,
    () => false,
  )
  if (!answers) return fail('ports', `The peer doesn't answer at ${url}.`, 'restart_peer')
  if (addresses.length === 0)
    return fail('ports', 'The peer listens on no address of the swarm.', 'listen_wider')
  return fine('ports', `API at ${url}; swarm on ${addresses.length} addresses.`)
}

/** Ollama has no password: whoever reaches it uses the machine, and reads along. */
export async function checkOllama(ollamaUrl: string): Promise<Finding> {
  const { hostname, port, protocol } = new URL(ollamaUrl)
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
  if (!isHere) {
    const sentence = `Prompts go to Ollama on ${hostname}: whoever listens on the way reads them.`
    return protocol === 'https:'
      ? fine('ollama', `Ollama is on ${hostname}, by TLS.`)
      : warn('ollama', sentence, 'close_ollama')
  }
  const listeners = await listenersAt(Number(port) || 80)
  if (listeners.length === 0) return fine('ollama', `Ollama doesn't run at ${ollamaUrl}.`)
  if (listeners.some(({ isOpen }) => isOpen)) {
    const sentence = `Ollama listens on all addresses of this machine (port ${port}) and asks for no password.`
    return fail('ollama', sentence, 'close_ollama')
  }
  return fine('ollama', 'Ollama listens on this machine only.')
}
