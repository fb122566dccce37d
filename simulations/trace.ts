import { createHash } from 'node:crypto'
import type { Observation } from './observation.ts'

/** A running hash over everything that happened, in order: equal hashes mean equal runs. */
export interface Trace {
  record(atMs: number, observation: Observation): void
  digest(): string
}

export function createTrace(print?: (line: string) => void): Trace {
  const running = createHash('sha256')
  return {
    record(atMs, observation) {
      // What left follows from the effects and the time, and a view is no event.
      if (observation.type === 'handled') return
      const parts = partsOf(observation)
      // Lengths first, so that no two observations are the same bytes; texts together, for speed.
      const texts = parts.map((part) =>
        typeof part === 'string' ? `${part.length}:${part}` : `<${part.length}>`,
      )
      running.update(`${atMs} ${observation.peer} ${observation.type} ${texts.join(' ')}\n`)
      for (const part of parts) if (typeof part !== 'string') running.update(part)
      print?.(`${atMs} ${observation.peer.slice(-6)} ${observation.type} ${legible(observation, parts)}`)
    },
    digest: () => running.copy().digest('hex'),
  }
}

type Part = string | Uint8Array

function partsOf(observation: Observation): readonly Part[] {
  switch (observation.type) {
    case 'event':
      return eventParts(observation.event)
    case 'effect':
      return effectParts(observation.effect)
    case 'left':
      return [observation.effect.type, String(observation.effect.after)]
    case 'started':
      return [String(observation.boot)]
    case 'synced':
      return [String(observation.position)]
    case 'dropped':
      return [observation.code]
    case 'threw':
      return [String(observation.error)]
    case 'crashed':
    case 'handled':
      return []
  }
}

function eventParts(event: Extract<Observation, { type: 'event' }>['event']): readonly Part[] {
  if (event.type !== 'message') return [event.type, plain(event)]
  const { kind, from, signer, bytes, sig } = event.message
  return [event.type, kind, from, signer, bytes, sig]
}

function effectParts(effect: Extract<Observation, { type: 'effect' }>['effect']): readonly Part[] {
  switch (effect.type) {
    case 'persist':
      return [
        effect.type,
        String(effect.position),
        ...effect.writes.flatMap(({ key, value }): Part[] => (value === null ? [key] : [key, value])),
      ]
    case 'send':
      return [effect.type, effect.to, effect.channel, String(effect.after), effect.frame]
    case 'publish':
      return [effect.type, effect.topic, String(effect.after), effect.frame]
    case 'timer':
      return [effect.type, effect.id, String(effect.delayMs)]
    case 'cancel-timer':
      return [effect.type, effect.id]
    case 'to-self':
      return [effect.type, effect.message.kind, effect.message.bytes]
    case 'notify':
      return [effect.type, String(effect.job), String(effect.after)]
    default:
      return [effect.type, plain(effect)]
  }
}

/** Any of our own values as text; object keys stand in the order in which the code made them. */
function plain(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return `${item}n`
    if (item instanceof Uint8Array) return Buffer.from(item).toString('hex')
    if (item instanceof Map) return [...item]
    return item
  })
}

const SHOWN_CHARACTERS = 400

/** Messages by their decoded bodies, which the hash doesn't need; bytes by their number. */
function legible(observation: Observation, parts: readonly Part[]): string {
  if (observation.type === 'event' && observation.event.type === 'message') {
    const { kind, from, body } = observation.event.message
    return `message ${kind} from ${from.slice(-6)} ${shown(plain(body))}`
  }
  return parts.map(shown).join(' ')
}

function shown(part: Part): string {
  if (typeof part !== 'string') return `<${part.length} bytes>`
  return part.length > SHOWN_CHARACTERS ? `${part.slice(0, SHOWN_CHARACTERS)}...` : part
}
