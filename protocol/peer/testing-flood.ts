import { COMMIT_BALLOT, NEWVIEW, PROPOSAL } from '../agreement/messages.ts'
import { encodeBody } from '../encoding/body.ts'
import type { BodyOf, KindName } from '../encoding/kinds.ts'
import type { Signed, SignedKind } from '../encoding/signed.ts'
import {
  type AccountId,
  type Digest,
  type InstanceId,
  jobInstance,
  type PeerId,
  peerIdOf,
  resolveInstance,
  trustInstance,
} from '../ids.ts'
import { COMMIT, REVEAL, CANCEL } from '../jobs/messages.ts'
import { escrowOf } from '../jobs/spec.ts'
import { ENTRY, type Entry, genesisOf } from '../ledger/entry.ts'
import { RESOLVE } from '../ledger/resolution.ts'
import { testSpec } from '../ledger/testing-mind.ts'
import { encodeBuckets } from '../sync/closing/closing-part.ts'
import { LIMITS, OUTPUT_MIN } from '../params.ts'
import { EPOCH_ORDER } from '../swarm/governance.ts'
import type { Roster } from '../swarm/roster.ts'

/** These carry a quorum's signatures, which nobody can make alone. */
type QuorumKind = 'facts' | 'decision' | 'prepared'

/** For each kind one of endlessly many messages that cost a member nothing but a signature. */
export type Floods = { readonly [K in Exclude<KindName, QuorumKind>]: (at: number) => BodyOf<K> }

/** A witness that lies, with the output of one credit that it was given. */
export interface Liar {
  readonly self: PeerId
  readonly roster: Roster
  readonly source: Digest
}

const SIG = new Uint8Array(64).fill(1)

/** Something that passes for signed where signatures aren't checked: to make so many would take minutes. */
export function said<T>(kind: SignedKind<T>, signer: PeerId, body: T): Signed<T> {
  return { signer, body, bytes: encodeBody(kind.body, body), sig: SIG }
}

const digestOf = (number: number) => number.toString(16).padStart(64, '0') as Digest

/** An account that only a flood names. */
function accountOf(number: number): AccountId {
  const key = new Uint8Array(32)
  new DataView(key.buffer).setUint32(0, number + 1)
  return peerIdOf(key)
}

/** Instances of each kind that no honest peer ever heard of. */
function instanceOf(at: number): InstanceId {
  if (at % 3 === 0) return jobInstance(digestOf(at), 0)
  return at % 3 === 1 ? resolveInstance(accountOf(at), 0) : trustInstance(at + 2)
}

const entryOf = (at: number, change: Partial<Entry> = {}) => {
  const account = change.account ?? accountOf(at)
  const claims = [{ source: digestOf(at), index: 0 }]
  const place = { account, seq: 0, prev: digestOf(at), claims, ops: [], free: 1n }
  return said(ENTRY, account, { ...place, ...change })
}

export function floodsOf(liar: Liar): Floods {
  return { ...ledgerFloods(liar), ...agreementFloods(liar), ...jobFloods(liar), ...syncFloods(liar) }
}

function ledgerFloods({ self, roster, source }: Liar) {
  const spec = testSpec(roster.charter, self)
  const open = (at: number) => ({
    type: 'open' as const,
    spec: { ...spec, nonce: at },
    escrow: escrowOf(spec),
  })
  // A fork of its own account that is worth settling, in ever other words.
  const payingOf = (at: number, amount: bigint) =>
    entryOf(at, {
      account: self,
      prev: genesisOf(roster.swarm, self),
      claims: [{ source, index: 0 }],
      ops: [{ type: 'transfer', to: self, amount, memo: `${at}` }],
      free: 1_000_000n - amount,
    })
  return {
    resolve: (at) => ({
      request: said(RESOLVE, self, { account: self, number: 0 }),
      proof: { first: payingOf(at, OUTPUT_MIN), second: payingOf(at, OUTPUT_MIN + 1n) },
    }),
    fork: (at) => ({ first: entryOf(at), second: entryOf(at, { free: 2n }) }),
    'head-query': (at) => ({ account: accountOf(at) }),
    'head-reply': (at) => ({ account: accountOf(at), seq: at, entry: entryOf(at) }),
    certify: (at) => ({ epoch: 0, entry: entryOf(at), evidence: [] }),
    'certify-reply': (at) => ({ entry: digestOf(at), outcome: { type: 'conflict', entry: entryOf(at) } }),
    vote: (at) => ({ epoch: 0, account: accountOf(at), seq: 0, entry: digestOf(at) }),
    entry: (at) => entryOf(at, { account: self, ops: [open(at)] }).body,
    announce: (at) => ({
      entries: [{ account: accountOf(at), seq: at, entry: digestOf(at) }],
      jobs: [{ job: digestOf(at), step: 0 }],
      trust: at + 1,
    }),
  } satisfies Partial<Floods>
}

function agreementFloods({ self, roster }: Liar) {
  // Signed by nobody who may order anything: else a quorum or the operators themselves flood the swarm.
  const orderOf = (at: number) => {
    const body = { number: 1, governance: { ...roster.governance, treasury: accountOf(at) } }
    return { body, bytes: encodeBody(EPOCH_ORDER.body, body), signatures: [{ signer: self, sig: SIG }] }
  }
  const ballotOf = (at: number) => ({ instance: instanceOf(at), epoch: 0, round: 1, value: digestOf(at) })
  const promiseOf = (at: number) => ({ instance: instanceOf(at), epoch: 0, round: 1, prepared: null })
  const nothing = { missing: [], bids: [], reveals: [], entries: [], closes: [], cancels: [] }
  return {
    propose: (at) => ({
      proposal: said(PROPOSAL, self, ballotOf(at)),
      value: { type: 'void', reason: 'expired', cancel: null },
      newviews: [],
    }),
    prepare: ballotOf,
    commit: (at) => said(COMMIT_BALLOT, self, ballotOf(at)).body,
    'newview-request': (at) => {
      return { instance: instanceOf(at), epoch: 0, round: 1, newviews: [said(NEWVIEW, self, promiseOf(at))] }
    },
    newview: promiseOf,
    promised: (at) => ({ newview: said(NEWVIEW, self, promiseOf(at)), value: null }),
    refusal: (at) => ({ instance: instanceOf(at), epoch: 0, round: 1, code: 'guard', ...nothing }),
    'epoch-order': (at) => ({ order: orderOf(at), accepts: [], root: digestOf(at) }),
    'epoch-accept': (at) => ({ number: 1, order: digestOf(at) }),
    'epoch-collect': (at) => ({ number: at + 1 }),
    'epoch-report': (at) => ({ number: 1, root: digestOf(at), list: digestOf(at) }),
    latency: (at) => ({ number: at + 1, peers: [{ peer: accountOf(at), ms: 1 }] }),
  } satisfies Partial<Floods>
}

function jobFloods({ self }: Liar) {
  const placeOf = (at: number) => ({ job: digestOf(at), step: 0, slot: 0 })
  const commitOf = (at: number) => ({ ...placeOf(at), rank: 0, commitment: digestOf(at) })
  const blob = { digest: digestOf(0), size: 1 }
  const model = { name: 'm', digest: digestOf(0), warm: true, price: 1n }
  const state = { vramFreeMb: 1, loadMilli: 1, region: 'eu', modes: ['process' as const] }
  const offer = { ...state, price: 1n, etaMs: 1, model: 'm', modelDigest: digestOf(0), cached: true }
  const node = { ...state, models: [model], vramTotalMb: 1, slots: 1, busy: 0 }
  const about = {
    nodes: [node],
    addresses: [],
    root: digestOf(0),
    version: '1',
    rules: digestOf(0),
    lost: false,
  }
  // Of as many accounts as a liar likes, none of which opened the job.
  const cancelOf = (at: number) => said(CANCEL, accountOf(at), { job: digestOf(at) })
  const all = Array.from({ length: LIMITS.slots }, (_, slot) => slot)
  return {
    heartbeat: (at) => ({ boot: 1, seq: at, sentMs: at, ...about }),
    bid: (at) => ({ job: digestOf(at), offer, payout: accountOf(at) }),
    beacon: (at) => ({ job: digestOf(at) }),
    stage: (at) => ({ job: digestOf(at), prompt: blob }),
    stored: (at) => ({ job: digestOf(at), prompt: digestOf(at) }),
    lease: (at) => ({ ...placeOf(at), rank: 0, state: 'started', tokens: at }),
    cancel: (at) => ({ cancel: cancelOf(at) }),
    held: (at) => ({ ...placeOf(at), commitment: digestOf(at) }),
    'job-commit': commitOf,
    // As large as can be, and as many of each job as one sender may have waiting.
    seal: (at) => ({
      job: digestOf(at % 256),
      step: 0,
      commits: all.map(() => said(COMMIT, self, commitOf(at))),
      started: all.map((slot) => ({ slot, peer: self })),
    }),
    reveal: (at) => ({
      reveal: said(REVEAL, self, {
        ...placeOf(at),
        salt: new Uint8Array(32),
        answer: blob,
        seals: [{ witness: self, seal: digestOf(at) }],
      }),
      seals: [],
    }),
  } satisfies Partial<Floods>
}

/** The digests of a closed state's buckets, as its holder stores them. */
function closingBuckets(digest: Digest): Uint8Array {
  return encodeBuckets(Array.from({ length: LIMITS.buckets }, () => digest))
}

function syncFloods(_liar: Liar) {
  return {
    'sync-root': (at) => ({ root: digestOf(at), epoch: at }),
    'sync-buckets': (at) => ({ buckets: Array.from({ length: LIMITS.buckets }, () => digestOf(at)) }),
    'sync-leaves-request': (at) => ({ buckets: [at % LIMITS.buckets], after: `${at}` }),
    'sync-leaves': (at) => ({
      buckets: [],
      after: `${at}`,
      accounts: [{ account: accountOf(at), seq: at }],
      jobs: [{ job: digestOf(at), step: 0 }],
      resolved: [{ account: accountOf(at), number: at, surfaced: true }],
      trust: at,
    }),
    'sync-fetch': (at) => ({
      accounts: [{ account: accountOf(at), from: 0 }],
      jobs: [{ job: digestOf(at), from: 0 }],
      ids: [digestOf(at)],
      resolved: [{ account: accountOf(at), number: at }],
      trust: at + 1,
      epoch: at + 1,
    }),
    'closing-request': (at) => ({ number: at, bucket: at % LIMITS.buckets, page: 0 }),
    'closing-reply': (at) => ({ number: at, bucket: null, page: 0, body: closingBuckets(digestOf(at)) }),
    'handover-fetch': (at) => ({ piece: digestOf(at) }),
    handover: (at) => ({ type: 'part', number: 1, locks: [entryOf(at)], prepared: [] }),
    'sync-busy': (at) => ({ afterMs: (at % LIMITS.busyMs) + 1 }),
  } satisfies Partial<Floods>
}
