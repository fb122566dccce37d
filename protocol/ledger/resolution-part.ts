import type { InstanceRules } from '../agreement/instance-rules.ts'
import type { Signer } from '../crypto/signer.ts'
import { sign } from '../encoding/signed.ts'
import {
  type AccountId,
  type InstanceId,
  parseResolveInstance,
  type PeerId,
  resolveInstance,
} from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { FactServer } from '../sync/serve.ts'
import type { ForkBook } from './forks.ts'
import type { LedgerListener } from './ledger.ts'
import { RESOLVE, type ResolveMessage } from './resolution.ts'
import { createResolveRules, isWorthResolving, type ResolveParts } from './resolve-rules.ts'
import type { ResolvedBook } from './resolved.ts'
import { isResolveRequest, REQUEST_REPEAT_MS } from './resolving.ts'

const TIMER = 'ledger/resolve'

export type ResolveVerdict = 'not_a_request' | 'settled' | 'not_due' | 'held'

interface ResolutionParts extends ResolveParts {
  readonly signer: Signer
  readonly self: AccountId
  readonly forks: ForkBook
  readonly resolved: ResolvedBook
  readonly listener: Pick<LedgerListener, 'stirResolution'>
  readonly serve: Pick<FactServer, 'facts'>
}

/** Settling forks (5.7): the owner's request, the witnesses' stop, and the instance that ends it. */
export interface ResolutionPart {
  readonly rules: InstanceRules
  start(out: Outbox): void
  /** A new epoch has begun: other witnesses settle what is open. */
  restart(out: Outbox): void
  onResolve(out: Outbox, message: MessageOf<'resolve'>): ResolveVerdict
  resolveOwn(out: Outbox): boolean
  serve(out: Outbox, instance: InstanceId, to: PeerId): boolean
  audience(instance: InstanceId): readonly PeerId[]
  /** The account's chain or its locks have moved. */
  stir(out: Outbox, account: AccountId): void
  onTimer(out: Outbox, id: string): boolean
}

export function createResolution(parts: ResolutionParts): ResolutionPart {
  const { signer, self, roster, duty, accounts, forks, resolving, resolved, listener, serve: facts } = parts

  function take(out: Outbox, message: ResolveMessage): void {
    const { account, number } = resolving.hold(out, message).message.request.body
    forks.keep(out, message.proof)
    listener.stirResolution(out, resolveInstance(account, number))
  }

  /** The owner repeats its request until it is settled: witnesses may have been away. */
  function request(out: Outbox): void {
    const mine = resolving.of(self)
    if (mine === undefined) return
    for (const witness of roster.epoch.witnesses) {
      if (witness !== self) out.send(witness, 'resolve', mine.message)
    }
    out.timer(TIMER, REQUEST_REPEAT_MS)
  }

  function serve(out: Outbox, instance: InstanceId, to: PeerId): boolean {
    const place = parseResolveInstance(instance)
    if (place === undefined || resolved.get(place.account, place.number) === undefined) return false
    if (to !== self) facts.facts(out, to, [keys.resolution(place.account, place.number)])
    return true
  }

  function begin(out: Outbox): void {
    for (const instance of resolving.instances()) listener.stirResolution(out, instance)
    request(out)
  }

  return {
    rules: createResolveRules(parts),
    serve,
    audience(instance) {
      const account = parseResolveInstance(instance)?.account
      if (account === undefined) return []
      const owner = roster.member(account) === undefined ? [] : [account]
      return [...new Set([...roster.epoch.witnesses, ...owner])].filter((peer) => peer !== self)
    },
    start: begin,
    restart: begin,
    onResolve(out, { from, body }) {
      if (!isResolveRequest(body)) return 'not_a_request'
      const { account, number } = body.request.body
      if (serve(out, resolveInstance(account, number), from)) return 'settled'
      if (number !== resolved.count(account) || (!duty.active && account !== self)) return 'not_due'
      if (!isWorthResolving(parts, body, from, out.now)) return 'not_due'
      take(out, body)
      return 'held'
    },
    resolveOwn(out) {
      const proof = forks.ownProof()
      if (resolving.of(self) === undefined) {
        if (proof === undefined || proof.first.body.seq !== accounts.get(self).seq) return false
        const body = { account: self, number: resolved.count(self) }
        take(out, { request: sign(signer, roster.swarm, RESOLVE, body), proof })
      }
      request(out)
      return true
    },
    stir(out, account) {
      const held = resolving.of(account)
      if (held !== undefined) {
        listener.stirResolution(out, resolveInstance(account, held.message.request.body.number))
      }
    },
    onTimer(out, id) {
      if (id !== TIMER) return false
      request(out)
      return true
    },
  }
}
