import type { CallOutput } from '../../protocol/api/client.ts'
import type { RulingAnswer } from '../../protocol/api/envelope-schema.ts'
import { DecodeError } from '../../protocol/encoding/decode-error.ts'
import { decodeEnvelope } from '../../protocol/encoding/envelope.ts'
import { isKind, KINDS, type Topic } from '../../protocol/encoding/kinds.ts'
import { isDigest, type PeerId } from '../../protocol/ids.ts'
import { heartbeatIntervalMs } from '../../protocol/peer/heartbeats.ts'
import type { Backend, Ruling } from './backend.ts'
import { entryResource } from './entry-resource.ts'
import type { Handlers } from './route-handlers.ts'
import { ApiProblem } from './problem.ts'

const TOPICS: readonly string[] = ['heartbeat', 'jobs', 'ledger'] satisfies readonly Topic[]

interface Opened {
  readonly frame: Uint8Array
  readonly signer: PeerId
  readonly kind: string
}

const VERDICTS = { accept: 'ACCEPT', ignore: 'IGNORE', reject: 'REJECT' } as const

function answerOf({ verdict, code }: Ruling): RulingAnswer {
  return { verdict: VERDICTS[verdict], code }
}

/** As much of an envelope as its way depends on; nothing of it is believed before intake has judged it. */
function open(text: string): Opened | Ruling {
  const frame = new Uint8Array(Buffer.from(text, 'base64'))
  try {
    const { signer, kind } = decodeEnvelope(frame)
    return { frame, signer, kind }
  } catch (error) {
    if (error instanceof DecodeError) return { verdict: 'reject', code: error.code }
    throw error
  }
}

function isTopic(via: string): via is Topic {
  return TOPICS.includes(via)
}

/** Gossip of any topic; what speaks only over a stream can't be handed in here. */
function inject(backend: Backend, { frame, signer, kind }: Opened): Promise<Ruling> | Ruling {
  if (!isKind(kind)) return { verdict: 'reject', code: 'unknown_kind' }
  const { via } = KINDS[kind]
  if (!isTopic(via)) return { verdict: 'reject', code: 'wrong_channel' }
  return backend.inject(frame, { from: signer, via })
}

async function register(backend: Backend, text: string): Promise<CallOutput<'registerPeer'>> {
  const opened = open(text)
  const ruling =
    'verdict' in opened
      ? opened
      : await backend.inject(opened.frame, { from: opened.signer, via: 'heartbeat' })
  return {
    ...answerOf(ruling),
    peer_id: 'signer' in opened ? opened.signer : null,
    heartbeat_interval_ms: heartbeatIntervalMs(backend.view.roster),
    addresses: [...backend.network.addresses()],
    ledger_root: backend.view.ledgerRoot(),
  }
}

async function heartbeat(backend: Backend, id: string, text: string): Promise<RulingAnswer> {
  const opened = open(text)
  if ('verdict' in opened) return answerOf(opened)
  if (opened.signer !== id) throw new ApiProblem('signer_mismatch')
  return answerOf(await backend.inject(opened.frame, { from: opened.signer, via: 'heartbeat' }))
}

async function getEntry(backend: Backend, id: string): Promise<CallOutput<'getEntry'>> {
  const found = isDigest(id) ? await backend.ledger.entry(id) : undefined
  if (found === undefined) throw new ApiProblem('entry_not_found')
  return entryResource(found, backend.view.roster)
}

export function p2pHandlers(
  backend: Backend,
): Pick<Handlers, 'getEntry' | 'registerPeer' | 'heartbeatPeer' | 'injectGossip'> {
  return {
    getEntry: ({ params }) => getEntry(backend, params.id),
    registerPeer: ({ body }) => register(backend, body.envelope),
    heartbeatPeer: ({ params, body }) => heartbeat(backend, params.id, body.envelope),
    async injectGossip({ body }) {
      const opened = open(body.envelope)
      return answerOf('verdict' in opened ? opened : await inject(backend, opened))
    },
  }
}
