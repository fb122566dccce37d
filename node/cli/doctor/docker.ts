import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import Type from 'typebox'
import Value from 'typebox/value'
import { advise, fine, type Finding } from './finding.ts'

/** An engine answers that within milliseconds. */
const ANSWER_MS = 3_000
const SOCKET = '/var/run/docker.sock'

const Version = Type.Object({ Version: Type.String(), ApiVersion: Type.String() })

type Place = { readonly socketPath: string } | { readonly host: string; readonly port: number }

/** Where the engine is, as Docker's own programs find it; undefined for ways that only they can go, such as ssh. */
export function placeOf(dockerHost: string | undefined): Place | undefined {
  if (dockerHost === undefined || dockerHost === '') return { socketPath: SOCKET }
  if (dockerHost.startsWith('unix://')) return { socketPath: dockerHost.slice('unix://'.length) }
  const [, host, port] = /^(?:tcp|http):\/\/([^:/]+):(\d+)$/.exec(dockerHost) ?? []
  return host === undefined ? undefined : { host, port: Number(port) }
}

/** Whether containers can be started. Never worse than ok, as nothing that a peer does today needs them. */
export async function checkDocker(environment: NodeJS.ProcessEnv = process.env): Promise<Finding> {
  const place = placeOf(environment['DOCKER_HOST'])
  if (place === undefined) {
    return advise(
      'docker',
      `DOCKER_HOST (${environment['DOCKER_HOST']}) can't be asked from here.`,
      'start_docker',
    )
  }
  const where = 'socketPath' in place ? place.socketPath : `${place.host}:${place.port}`
  try {
    const answer: unknown = JSON.parse(await ask(place))
    if (!Value.Check(Version, answer))
      return advise('docker', `What answers at ${where} isn't Docker.`, 'start_docker')
    return fine('docker', `Docker ${answer.Version} answers at ${where} (API ${answer.ApiVersion}).`)
  } catch (error) {
    return judgeFault(where, error)
  }
}

function judgeFault(where: string, error: unknown): Finding {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT')
    return advise('docker', 'Docker isn’t installed, or doesn’t run; nothing needs it yet.', 'start_docker')
  if (code === 'EACCES' || code === 'EPERM')
    return advise('docker', `This account may not use Docker's socket ${where}.`, 'allow_docker')
  if (code === 'ECONNREFUSED')
    return advise('docker', `Docker's socket ${where} is there, and nobody answers.`, 'start_docker')
  const why = error instanceof Error ? error.message : String(error)
  return advise('docker', `Docker at ${where} gives no usable answer: ${why}.`, 'start_docker')
}

async function ask(place: Place): Promise<string> {
  const request = get({ ...place, path: '/version', signal: AbortSignal.timeout(ANSWER_MS) })
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  request.once('response', resolve)
  request.once('error', reject)
  return text(await promise)
}
