import { valueDigestOf } from '../../agreement/messages.ts'
import { decodeBody, encodeBody } from '../../encoding/body.ts'
import { TRUSTED } from '../../encoding/evidence.ts'
import { sign } from '../../encoding/signed.ts'
import { type Digest, type PeerId, resolveInstance } from '../../ids.ts'
import type { MessageOf } from '../../intake/message.ts'
import { ENTRY, entryIdOf, genesisOf } from '../../ledger/entry.ts'
import type { Fact } from '../../ledger/fact.ts'
import { testCharter, testSigner } from '../../ledger/testing-mind.ts'
import type { LoadPurpose } from '../../peer/effect.ts'
import type { Outbox } from '../../peer/outbox.ts'
import { rosterOf } from '../../swarm/live-roster.ts'
import { createStateDigest } from '../state-digest.ts'
import { Closing, type Closed } from './closing.ts'
import { closingReplyCodec } from './closing-part.ts'
import { type LeafContent, leafOf } from './leaf-content.ts'
import { ownStateOf } from './own-state.ts'

export const owners = Array.from({ length: 20 }, (_, at) => testSigner(at))
export const [first = testSigner(0)] = owners
export const { swarm } = rosterOf(testCharter([first], 1))
export const LISTED = { entries: [], decisions: [] }
export const LENGTH = 5

/** An owner's chain as a closed epoch's quorum signed it; `forged` differs from its second entry on. */
export function chainOf(owner = first, forged = false): readonly Fact[] {
  let prev = genesisOf(swarm, owner.id)
  return Array.from({ length: LENGTH }, (_, seq): Fact => {
    const free = forged && seq > 0 ? 7n : 0n
    const body = { account: owner.id, seq, prev, claims: [{ source: prev, index: seq }], ops: [], free }
    const entry = sign(owner, swarm, ENTRY, body)
    prev = entryIdOf(entry)
    return {
      type: 'certificate',
      certificate: { entry, quorum: { epoch: 0, signers: new Uint8Array(1), sigs: [] } },
    }
  })
}

/** A chain whose first place was forked and settled; one branch's certificate is known and is shown before the decision. */
export function forkedChain(): { readonly facts: readonly Fact[]; readonly end: number } {
  const { id: account } = testSigner(60)
  const [branch] = chainOf(testSigner(60))
  if (branch?.type !== 'certificate') throw new Error('a chain has entries')
  const { entry, quorum } = branch.certificate
  const other = sign(testSigner(60), swarm, ENTRY, { ...entry.body, free: 1n })
  const entries = [entry, other].sort((a, b) => (entryIdOf(a) < entryIdOf(b) ? -1 : 1))
  const value = { type: 'resolve' as const, account, seq: 0, head: entry.body.prev, entries }
  const decision = { instance: resolveInstance(account, 0), round: 0, value, quorum }
  const next = sign(testSigner(60), swarm, ENTRY, { ...entry.body, seq: 1, prev: valueDigestOf(value) })
  return {
    facts: [
      branch,
      { type: 'decision', decision },
      { type: 'certificate', certificate: { entry: next, quorum } },
    ],
    end: 2,
  }
}

export function nameOf(fact: Fact): Digest {
  if (fact.type !== 'certificate') throw new Error('only entries here')
  return entryIdOf(fact.certificate.entry)
}

/** For tests: a peer that has applied so many entries of each owner's chain. */
export class ClosingNode {
  readonly store = new Map<string, Uint8Array>()
  readonly sent: { to: PeerId; kind: string; body: object }[] = []
  readonly loads: LoadPurpose[] = []
  readonly digest = createStateDigest()
  readonly #contents = new Map<string, LeafContent>()
  closing: Closing

  constructor(applied: number) {
    this.#set({ type: 'epoch', epoch: 0 })
    for (const owner of owners) this.advance(chainOf(owner), applied)
    this.closing = this.#create()
  }

  #create(): Closing {
    const contentOf = (key: string) => this.#contents.get(key)
    return new Closing({
      digest: this.digest,
      own: ownStateOf({ digest: this.digest, contentOf, genesisOf: (account) => genesisOf(swarm, account) }),
      listedSince: () => 0,
    })
  }

  #set(content: LeafContent): void {
    const { key, leaf } = leafOf(content)
    this.#contents.set(key, content)
    this.digest.set(key, leaf)
  }

  advance(chain: readonly Fact[], facts: number, seq = facts): void {
    const last = chain[facts - 1]
    if (last?.type !== 'certificate') return
    const { account } = last.certificate.entry.body
    this.#set({ type: 'account', account, seq, head: nameOf(last) })
  }

  admits(fact: Fact, from = first.id) {
    return this.closing.admits(fact, from)
  }

  restart(): void {
    this.closing = this.#create()
    for (const [key, value] of this.store) this.closing.restore({ key, value })
  }

  readonly out = {
    now: 0,
    write: (key: string, value: Uint8Array) => this.store.set(key, value),
    send: (to: PeerId, kind: string, body: object) => this.sent.push({ to, kind, body }),
    load: (keys: readonly string[], purpose: LoadPurpose) => {
      if (purpose.type === 'closing')
        this.closing.onLoaded(this.out, [this.store.get(keys[0] ?? '')], purpose)
    },
    timer: () => undefined,
    cancelTimer: () => undefined,
  } as unknown as Outbox

  close(closed: Closed): void {
    this.closing.close(this.out, closed)
  }
}

/** Nobody asks for too much. */
export const SERVE: Parameters<Closing['onRequest']>[2] = {
  record(out, _to, key, purpose) {
    out.load([key], purpose)
    return 'served'
  },
}

/** Lets `behind` ask `ahead` until nothing is asked any more; how often it did. */
export function exchange(behind: ClosingNode, ahead: ClosingNode): number {
  let asked = 0
  behind.closing.heard(behind.out, first.id)
  behind.closing.pulling(first.id)
  for (let next = behind.sent.shift(); next !== undefined; next = behind.sent.shift()) {
    asked += 1
    const request = { from: first.id, body: next.body } as MessageOf<'closing-request'>
    ahead.closing.onRequest(ahead.out, request, SERVE)
    for (const { body } of ahead.sent.splice(0)) {
      const encoded = encodeBody(closingReplyCodec, body as never)
      const read = decodeBody(closingReplyCodec, encoded, 'reply', TRUSTED)
      behind.closing.onReply(behind.out, { from: first.id, body: read } as MessageOf<'closing-reply'>)
    }
  }
  return asked
}

export function closedBy(node: ClosingNode, listed: Closed['listed'] = LISTED): Closed {
  return { number: 0, root: node.digest.root(), listed }
}

/** One peer that closed the epoch level with everybody, and one that has the first entry of each chain. */
export function build() {
  const [level, late] = [new ClosingNode(LENGTH), new ClosingNode(1)]
  const closed = closedBy(level)
  level.close(closed)
  late.close(closed)
  return { level, late, closed }
}
