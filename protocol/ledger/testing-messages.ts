import { decodeBody, encodeBody } from '../encoding/body.ts'
import type { Codec } from '../encoding/codec.ts'
import { TRUSTED } from '../encoding/evidence.ts'
import { type KindName, KINDS } from '../encoding/kinds.ts'
import type { PeerId } from '../ids.ts'
import type { Message } from '../intake/message.ts'
import type { LoadPurpose } from '../peer/effect.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { TestMind } from './testing-mind.ts'

export interface PlannedMessage {
  readonly kind: KindName
  readonly signer: PeerId
  readonly bytes: Uint8Array
  readonly sig: Uint8Array
}

const NO_SIG = new Uint8Array(0)

export function encoded(kind: KindName, signer: PeerId, body: unknown): PlannedMessage {
  return { kind, signer, bytes: encodeBody(KINDS[kind].body as unknown as Codec<unknown>, body), sig: NO_SIG }
}

export function received(from: PeerId, { kind, signer, bytes, sig }: PlannedMessage): Message {
  const body = decodeBody(KINDS[kind].body as unknown as Codec<unknown>, bytes, kind, TRUSTED)
  return { kind, from, signer, body, bytes, sig } as Message
}

export function deliver({ ledger, sync }: TestMind, out: Outbox, message: Message): void {
  switch (message.kind) {
    case 'certify':
      ledger.onCertify(out, message)
      return
    case 'vote':
      ledger.onVote(out, message)
      return
    case 'certify-reply':
      ledger.onReply(out, message)
      return
    case 'head-query':
      return ledger.onHeadQuery(out, message)
    case 'head-reply':
      return ledger.onHeadReply(out, message)
    case 'fork':
      return ledger.onFork(out, message)
    case 'facts':
    case 'announce':
    case 'sync-root':
    case 'sync-buckets':
    case 'sync-leaves-request':
    case 'sync-leaves':
    case 'sync-fetch':
    case 'sync-busy':
      sync.onMessage(out, message)
      return
    default:
      throw new RangeError(`no part here handles ${message.kind}`)
  }
}

export function onTimer({ ledger, sync }: TestMind, out: Outbox, id: string): void {
  if (!ledger.onTimer(out, id) && !sync.onTimer(out, id)) throw new RangeError(`nobody knows the timer ${id}`)
}

export function onLoaded(
  { ledger, sync }: TestMind,
  out: Outbox,
  values: readonly (Uint8Array | undefined)[],
  then: LoadPurpose,
): void {
  if (then.type === 'evidence') ledger.onEvidence(out, values, then)
  else if (then.type === 'serve' || then.type === 'positions') sync.onLoaded(out, values, then)
  else throw new RangeError('a ledger alone begins no epoch')
}
